"""Sets that were resolved before: lock files and installation reports, one module for each format."""
