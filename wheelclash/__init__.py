"""wheelclash finds the files two wheels both install, and gives the commands that put it right."""

__version__ = "0.1.0"
