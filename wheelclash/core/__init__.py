"""Installed paths, owners, overlaps, the model disk, diagnosis and plans. Pure: it reads and writes nothing."""
