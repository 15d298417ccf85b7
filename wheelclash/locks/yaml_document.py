"""YAML from elsewhere, read within bounds: mappings, lists and texts, and nothing that grows while it is read.

The events of PyYAML are put together here. Its own constructors are not used: they take ten times as long for a lock of
some megabytes, follow nesting by recursion, and turn the version ``1.10`` into a number. Aliases, with which a short
text stands for a very long one, are refused; no tool writes them into a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelclash.errors import MissingExtraError, QuestionError
from wheelclash.locks.document import Table, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parse_yaml"]

_DEEPEST = 40
_PLAIN = {"true": True, "false": False, "null": None, "~": None, "": None}
"""What a scalar without quotes means, if not its text. Numbers stay texts: a version is no number."""


def parse_yaml(data: bytes, what: str) -> Table:
    """Read a YAML mapping.

    Args:
        data: The file.
        what: Its name, for messages.

    Raises:
        QuestionError: PyYAML is not there; or it is too large, nested too deeply, not UTF-8, not YAML, no mapping, has
            an alias or several documents.
    """
    try:
        import yaml
    except ImportError:
        raise MissingExtraError(f"{what} is YAML: reading it", "PyYAML", "yaml") from None
    text = decoded(data, what)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = _value(yaml.parse(text, Loader=loader), what)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" (line {mark.line + 1})"
        raise QuestionError(f"{what} is not YAML: {str(problem)[:200]}{place}.") from None
    if not isinstance(value, dict):
        raise QuestionError(f"{what} is YAML, but no mapping.")
    return Table(value, f"{what}: ")


class _Builder:
    """Puts the events of one document together.

    Args:
        what: The file's name, for messages.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._root: list[Any] = []
        self._stack: list[list[Any] | dict[str, Any]] = [self._root]
        self._keys: list[str | None] = [None]  # of each mapping, the key that waits for its value

    @property
    def value(self) -> Any:
        """Return what the events came to."""
        return self._root[0] if self._root else None

    def open(self, container: list[Any] | dict[str, Any]) -> None:
        """Begin a list or a mapping.

        Raises:
            QuestionError: It is nested too deeply.
        """
        if len(self._stack) > _DEEPEST:
            raise QuestionError(f"{self._what} is nested too deeply.")
        self._put(container)
        self._stack.append(container)
        self._keys.append(None)

    def close(self) -> None:
        """End the list or mapping that was begun last."""
        self._stack.pop()
        self._keys.pop()

    def add(self, text: str, *, plain: bool) -> None:
        """Add a scalar, which may be a key.

        Args:
            text: What it says.
            plain: Whether it has no quotes.
        """
        is_key = isinstance(self._stack[-1], dict) and self._keys[-1] is None
        self._put(_PLAIN.get(text, text) if plain and not is_key else text)

    def _put(self, value: Any) -> None:
        above, key = self._stack[-1], self._keys[-1]
        if isinstance(above, list):
            above.append(value)
        elif key is not None:
            above[key] = value
            self._keys[-1] = None
        elif isinstance(value, str):
            self._keys[-1] = value
        else:
            raise QuestionError(f"{self._what} has a key that is no text.")


def _value(events: Iterator[Any], what: str) -> Any:
    """Return what the events of one document are put together to.

    Raises:
        QuestionError: There is an alias, a key that is no text, a second document, or it is nested too deeply.
    """
    import yaml

    builder = _Builder(what)
    documents = 0
    for event in events:
        match event:
            case yaml.ScalarEvent():
                builder.add(event.value, plain=event.implicit[0])
            case yaml.MappingStartEvent():
                builder.open({})
            case yaml.SequenceStartEvent():
                builder.open([])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                builder.close()
            case yaml.AliasEvent():
                raise QuestionError(f"{what} has an alias (*{event.anchor}), which is not followed: no lock has one.")
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise QuestionError(f"{what} has several documents; one is read.")
    return builder.value
