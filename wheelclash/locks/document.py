"""TOML and JSON from elsewhere: read within bounds, and looked into without trusting its types.

Each fault is reported in one sentence that names the file and the place in it. Also reads the ``pyproject.toml`` beside
a lock, for what the lock leaves out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError
from wheelclash.files import LARGEST_DESCRIPTION, read_file
from wheelclash.wording import near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import NoReturn

__all__ = ["Table", "choose_names", "decoded", "parse_json", "parse_json_list", "parse_toml", "pyproject_beside"]


_COMMENTS = re.compile(r"\A(?:\s*//[^\n]*\n)+")


class Table:
    """A table of a document, and where in it it stands.

    Attributes:
        values: Its keys and values.
        place: For messages: the file, then keys and numbers, e.g. ``uv.lock: package[3].wheels[0]``.
    """

    __slots__ = ("place", "values")

    def __init__(self, values: dict[str, Any], place: str) -> None:
        self.values = values
        self.place = place

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def text(self, key: str) -> str | None:
        """Return the text under ``key``, or None if there is nothing.

        Raises:
            QuestionError: It is no text.
        """
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            self._damaged(key, "is no text")
        return value

    def required(self, key: str) -> str:
        """Return the text under ``key``.

        Raises:
            QuestionError: There is none.
        """
        text = self.text(key)
        if not text:
            self._damaged(key, "is missing")
        return text

    def flag(self, key: str) -> bool:
        """Return whether ``key`` is true; false if it is not there.

        Raises:
            QuestionError: It is neither.
        """
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self._damaged(key, "is neither true nor false")
        return value

    def number(self, key: str) -> int | None:
        """Return the whole number under ``key`` if it is one and not negative; anything else is None."""
        value = self.values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    def table(self, key: str) -> Table:
        """Return the table under ``key``; an empty one if there is none.

        Raises:
            QuestionError: It is no table.
        """
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            self._damaged(key, "is no table")
        return Table(values, self._below(key))

    def tables(self, key: str) -> list[Table]:
        """Return the tables listed under ``key``.

        Raises:
            QuestionError: It is no list of tables.
        """
        entries = self.values.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._damaged(key, "is no list of tables")
        return [Table(entry, f"{self._below(key)}[{number}]") for number, entry in enumerate(entries)]

    def texts(self, key: str) -> list[str]:
        """Return the texts listed under ``key``.

        Raises:
            QuestionError: It is no list of texts.
        """
        entries = self.values.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            self._damaged(key, "is no list of texts")
        return entries

    def _below(self, key: str) -> str:
        return f"{self.place}{'' if self.place.endswith(': ') else '.'}{key}"

    def _damaged(self, key: str, how: str) -> NoReturn:
        raise QuestionError(f"{self._below(key)} {how}: the file is damaged, or not of the format it seems to be.")


def parse_toml(data: bytes, what: str) -> Table:
    """Read TOML.

    Args:
        data: The file.
        what: Its name, for messages.

    Raises:
        QuestionError: It is too large, nested too deeply, not UTF-8, or not TOML.
    """
    import tomllib

    text = decoded(data, what)
    try:
        return Table(tomllib.loads(text), f"{what}: ")
    except RecursionError:
        raise QuestionError(f"{what} is nested too deeply.") from None
    except ValueError as error:  # besides its own errors, tomllib lets through those of numbers and dates
        raise QuestionError(f"{what} is not TOML: {_shortened(error)}.") from None


def parse_json(data: bytes, what: str) -> Table:
    """Read a JSON object.

    Args:
        data: The file.
        what: Its name, for messages.

    Raises:
        QuestionError: It is too large, nested too deeply, not UTF-8, not JSON, or no object.
    """
    value = _json_value(data, what)
    if not isinstance(value, dict):
        raise QuestionError(f"{what} is JSON, but no object.")
    return Table(value, f"{what}: ")


def parse_json_list(data: bytes, what: str) -> list[Table] | None:
    """Read a JSON list of objects; takes the arguments of :func:`parse_json`, and raises as it does.

    Returns:
        The objects; None if it is no list.

    Raises:
        QuestionError: Also for something else in the list.
    """
    value = _json_value(data, what)
    return Table({"": value}, what).tables("") if isinstance(value, list) else None


def _json_value(data: bytes, what: str) -> Any:
    """Return what a JSON file holds, without the ``//`` lines that some tools put above it."""
    import json

    text = _COMMENTS.sub("", decoded(data, what))
    try:
        return json.loads(text)
    except RecursionError:
        raise QuestionError(f"{what} is nested too deeply.") from None
    except ValueError as error:
        raise QuestionError(f"{what} is not JSON: {_shortened(error)}.") from None


def decoded(data: bytes, what: str) -> str:
    """Return the text of a file.

    Args:
        data: The file; UTF-8, or UTF-16 with its mark.
        what: Its name, for messages.

    Raises:
        QuestionError: It is too large, or in another encoding.
    """
    if len(data) > LARGEST_DESCRIPTION:
        raise QuestionError(f"{what} has more than {LARGEST_DESCRIPTION // 2**20} MiB: no lock file is that large.")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what a shell of Windows makes of `pip list > FILE`
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QuestionError(f"{what} is not {error.encoding.upper()} (byte {error.start}).") from None


def _shortened(error: Exception) -> str:
    """Return the first line of an error, at a length that fits a message."""
    longest = 200
    text = str(error).partition("\n")[0].rstrip(".")
    return text if len(text) <= longest else f"{text[:longest]}…"


def pyproject_beside(lock: Path | None) -> Table | None:
    """Return the ``pyproject.toml`` in the folder of a lock; None if there is none, or the lock came from no file.

    Raises:
        QuestionError: It is there, and is not TOML.
    """
    if lock is None:
        return None
    try:
        data = read_file(lock.parent / "pyproject.toml", LARGEST_DESCRIPTION)
    except OSError:
        return None
    return parse_toml(data, "pyproject.toml")


def choose_names(asked: Sequence[str], known: Iterable[str], *, what: str, where: str) -> tuple[str, ...]:
    """Return the extras or groups that were asked for, normalised (PEP 685, 735).

    Args:
        asked: The names asked for, in any spelling.
        known: All that exist.
        what: ``extra`` or ``group``, for messages.
        where: The file's name, for messages.

    Raises:
        QuestionError: One does not exist; the hint has near names.
    """
    names: Collection[str] = {canonicalize_name(name) for name in known}
    wanted = tuple(dict.fromkeys(canonicalize_name(name) for name in asked))
    for name in wanted:
        if name not in names:
            hint = near(name, sorted(names)) or f"It has no {what} at all."
            raise QuestionError(f"{where} knows no {what} {name!r}.", hint)
    return wanted
