"""Package indexes: settings of pip and uv, project pages, and file names."""
