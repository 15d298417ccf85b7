"""A few questions to the real package index; ``pytest -m live``."""
