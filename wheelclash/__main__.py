"""``python -m wheelclash``."""

from wheelclash.cli import entry_point

if __name__ == "__main__":
    entry_point(as_module=True)
