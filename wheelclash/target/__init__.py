"""What a set is installed for: Python version, platform tags and markers; and the interpreters of this machine."""
