"""Which wheels are meant: index settings, project pages, and choosing one wheel per requirement."""
