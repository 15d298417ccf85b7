"""From a requirement to a wheel: requirements, files that list them, families, and the choice of a wheel."""
