"""What is in a wheel: its directory, RECORD and metadata, read from disk or by range requests."""
