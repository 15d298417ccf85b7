"""What the ``pyproject.toml`` beside a lock says that the lock does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.files import read_file
from wheelclash.sources.locks.documents import LARGEST, Table, normalised, parse_toml
from wheelclash.suggest import near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

__all__ = ["chosen", "pyproject_beside"]


def pyproject_beside(lock: Path | None) -> Table | None:
    """The ``pyproject.toml`` in the folder of a lock; None if there is none, or the lock came from no file.

    Raises:
        QuestionError: It is there, and is not TOML.
    """
    if lock is None:
        return None
    try:
        data = read_file(lock.parent / "pyproject.toml", LARGEST)
    except OSError:
        return None
    return parse_toml(data, "pyproject.toml")


def chosen(asked: Sequence[str], known: Iterable[str], *, what: str, where: str) -> tuple[str, ...]:
    """The extras or groups that were asked for, normalised.

    Args:
        asked: As given.
        known: All there are.
        what: ``extra`` or ``group``, for messages.
        where: The file's name, for messages.

    Raises:
        QuestionError: One does not exist; the hint has near names.
    """
    names: Collection[str] = {normalised(each) for each in known}
    wanted = tuple(dict.fromkeys(normalised(each) for each in asked))
    for name in wanted:
        if name not in names:
            hint = near(name, sorted(names)) or f"It has no {what} at all."
            raise QuestionError(f"{where} knows no {what} {name!r}.", hint)
    return wanted
