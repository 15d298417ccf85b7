"""Native files: which libraries each side of a clash needs, and where the loader would find them."""
