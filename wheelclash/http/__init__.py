"""HTTP that trusts nothing: requests, what an answer is worth, URLs without secrets, and the cache."""
