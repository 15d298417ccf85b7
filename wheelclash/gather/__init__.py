"""From a question to one set of candidates for each target, before any wheel is read."""
