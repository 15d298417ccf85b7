"""``python -m wheelclash``."""

import os
import sys


def _forget_current_folder() -> None:
    """Take the current folder off the import path, as ``python -m pip`` does.

    With ``-m`` Python puts it first: a ``packaging.py`` or ``json.py`` that lies there would be run in place of the
    module of that name. Nothing but what Python itself needs to start has been imported up to here.
    """
    if getattr(sys.flags, "safe_path", False) or not sys.path:
        return
    try:
        here = os.getcwd()  # noqa: PTH109 - pathlib is not imported yet
    except OSError:
        here = ""
    if sys.path[0] in {"", here}:
        del sys.path[0]


if __name__ == "__main__":
    _forget_current_folder()
    from wheelclash.cli import entry_point

    entry_point(as_module=True)
