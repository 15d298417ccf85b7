"""What is in a wheel: reading its directory and metadata, remotely or from disk."""
