"""An environment that exists: its installed RECORDs, the owners of its files, and what is on disk. Reads only."""
