"""Options from a project's configuration file and from environment variables, below those of the command line.

What may stand there is what the fields of the options say (:func:`wheelclash.validation.option`), and nothing else.
pydantic is imported only where there is a configuration.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from wheelclash.errors import QuestionError
from wheelclash.validation import options_of

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from pydantic import BaseModel, ValidationError

    from wheelclash.accepted import Ignore
    from wheelclash.validation import Option

__all__ = [
    "Configuration",
    "all_options",
    "configuration_schema",
    "environment_values",
    "find_configuration",
    "key_of",
    "misspelt_variables",
    "read_configuration",
    "variable_of",
]

OWN_FILE = "wheelclash.toml"
PROJECT_FILE = "pyproject.toml"
_PREFIX = "WHEELCLASH_"
_NAMES_TABLE = re.compile(rb"""tool["']?\s*\.\s*["']?wheelclash""")
"""The name of our table, as a file that is no TOML may have it."""
_SAID_EACH_TIME = frozenset({"allow_build", "apply", "build", "drop", "write_baseline"})
"""Options without a variable: they change something, or run code of others."""
_CACHE = "cache_dir"
"""Its variable is read where the cache is, for the library too."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says.

    Attributes:
        file: Where it stands.
        values: By the name of the option; paths are relative to the current folder.
    """

    file: str
    values: Mapping[str, Any]


def all_options(kind: type) -> Iterator[tuple[str, Option]]:
    """Yield the options of a class of options, those of the classes it holds included."""
    for name, about in options_of(kind):
        if about.nested is not None:
            yield from all_options(about.nested)
        elif about.flags:
            yield name, about


def key_of(about: Option) -> str:
    """Return the key of an option in a configuration file: its long name without dashes in front."""
    return about.flag[2:]


def variable_of(flag: str) -> str:
    """Return the environment variable for a flag: ``WHEELCLASH_FAIL_ON`` for ``--fail-on``."""
    return _PREFIX + flag[2:].upper().replace("-", "_")


# -- files -------------------------------------------------------------------------------------------------------------


def find_configuration(folder: Path, kind: type) -> Configuration | None:
    """Return the configuration of the nearest folder that has one, from a folder upwards.

    It is ``wheelclash.toml``, or ``[tool.wheelclash]`` in ``pyproject.toml``; a ``pyproject.toml`` without that table
    is passed over.

    Args:
        folder: Where to begin.
        kind: The class of options.

    Raises:
        QuestionError: A file cannot be read or makes no sense, or a folder has both.
    """
    for place in (folder, *folder.parents):
        file, project = place / OWN_FILE, place / PROJECT_FILE
        table = _table_of_project(project)
        if os.path.lexists(file):  # a link to nothing is a configuration that cannot be read
            if table is not None:
                reason = f"There are two configurations: {_shown(file)}, and [tool.wheelclash] in {_shown(project)}."
                raise QuestionError(reason, "Keep one of them.")
            return read_configuration(file, kind)
        if table is not None:
            return _checked(table, project, kind)
    return None


def read_configuration(path: Path, kind: type) -> Configuration:
    """Return the configuration in a file: of a ``pyproject.toml`` its table ``[tool.wheelclash]``, else all of it.

    Args:
        path: Of the file.
        kind: The class of options.

    Raises:
        QuestionError: It cannot be read, is no TOML, or makes no sense.
    """
    document = _parsed(_read(path), path)
    if path.name != PROJECT_FILE:
        return _checked(document, path, kind)
    table = _tool_table(document, path)
    if table is None:
        raise QuestionError(f"{_shown(path)} has no table [tool.wheelclash].")
    return _checked(table, path, kind)


def _table_of_project(path: Path) -> dict[str, Any] | None:
    """Return ``[tool.wheelclash]`` of a ``pyproject.toml``; None if there is no such file or table.

    Raises:
        QuestionError: It cannot be read, or is no TOML and names the table.
    """
    from wheelclash.files import IrregularFileError

    try:
        data = _read(path, is_wanted=False)
    except (FileNotFoundError, NotADirectoryError, IrregularFileError):
        return None
    if b"wheelclash" not in data:
        return None
    try:
        document = _parsed(data, path)
    except QuestionError:
        if not _NAMES_TABLE.search(data):
            return None  # what else is wrong with it is for others to say
        raise
    return _tool_table(document, path)


def _read(path: Path, *, is_wanted: bool = True) -> bytes:
    """Return what a file holds.

    Raises:
        FileNotFoundError, NotADirectoryError, IrregularFileError: There is none, and it need not be there.
        QuestionError: It cannot be read.
    """
    from wheelclash.files import LARGEST_CONFIGURATION, IrregularFileError, read_file

    try:
        return read_file(path, LARGEST_CONFIGURATION)
    except (FileNotFoundError, NotADirectoryError, IrregularFileError) as error:
        if not is_wanted:
            raise
        raise QuestionError(f"The configuration {_shown(path)} cannot be read ({error.strerror}).") from None
    except OSError as error:
        raise QuestionError(f"The configuration {_shown(path)} cannot be read ({error.strerror}).") from None


def _parsed(data: bytes, path: Path) -> dict[str, Any]:
    """Return a TOML document.

    Raises:
        QuestionError: It is none; the message has the line.
    """
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise QuestionError(f"{_shown(path)} is not UTF-8 (line {line}).") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise QuestionError(f"{_shown(path)} is no TOML: {error}.") from None


def _tool_table(document: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    """Return ``[tool.wheelclash]``; None if there is none.

    Raises:
        QuestionError: It is no table.
    """
    tool = document.get("tool")
    table = tool.get("wheelclash") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise QuestionError(f"{_shown(path)}: tool.wheelclash is no table.")
    return table


def _shown(path: Path) -> str:
    """Return a path as messages name it: from the current folder, if it lies there."""
    here = os.path.realpath(os.curdir)
    place = os.path.realpath(path.parent)
    return os.path.relpath(path) if place == here or place.startswith(here + os.sep) else str(path)


# -- what a file may say -----------------------------------------------------------------------------------------------


def _checked(table: Mapping[str, Any], path: Path, kind: type) -> Configuration:
    """Return what a table says.

    Raises:
        QuestionError: A key does not exist, or a value makes no sense.
    """
    from pydantic import ValidationError

    where = f"{_shown(path)}, [tool.wheelclash]" if path.name == PROJECT_FILE else _shown(path)
    known = {key_of(about): (name, about) for name, about in all_options(kind) if about.in_project}
    try:
        model = _model(kind).model_validate(dict(table))
    except ValidationError as error:
        raise _refusal(error, where, known, kind) from None
    values: dict[str, Any] = {}
    folder = path.parent
    for field in model.model_fields_set:
        key = field.replace("_", "-")
        name, about = known[key]
        value = getattr(model, field)
        if key == "ignore":
            value = [_ignore(entry, number, path) for number, entry in enumerate(value, 1)]
        else:
            value = _value(about, value, f"{where}: {key}", folder)
        values[name] = value
    return Configuration(_shown(path), values)


def _model(kind: type) -> type[BaseModel]:
    """Return the model of a configuration file, made from the options that may stand in one."""
    from datetime import date, datetime
    from typing import Annotated, Literal

    from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, create_model

    strict = ConfigDict(extra="forbid", alias_generator=lambda name: name.replace("_", "-"))
    text = Annotated[str, Field(strict=True, min_length=1)]
    sentence = Annotated[str, Field(strict=True, min_length=1, pattern=r"\S")]
    entry = create_model(
        "Ignore",
        __config__=strict,
        __doc__="Problems that are known, and why. All that an entry says must hold of a file.",
        distributions=(
            list[text],
            Field(default=[], description="names: what two or more have with each other, or what is wrong with one"),
        ),
        path=(text, Field(default=None, description="a shell pattern over root/path; * matches / too")),
        kind=(text, Field(default=None, description="the kind of overlap")),
        rule=(text, Field(default=None, description="the code or name of a rule")),
        reason=(sentence, Field(description="why it is accepted")),
        expires=(
            Annotated[date, Field(strict=True)],
            Field(default=None, description="the last day on which it holds"),
        ),
    )
    fields: dict[str, Any] = {}
    for name, about in all_options(kind):
        if not about.in_project:
            continue
        kinds: Any = text
        choices = about.choices_for(about.commands[0])
        if name == "ignore":
            kinds = entry
        elif choices is not None:
            kinds = Literal[tuple(choices)]
        elif about.is_switch:
            kinds = StrictBool
        elif name == "exclude_newer":
            kinds = text | datetime | date
        elif about.parse is not None and not about.repeats:
            kinds = text | StrictInt | StrictFloat
        described = about.help_for(about.commands[0]).removesuffix("; repeatable")
        default: Any = Field(default=None, description=described)
        fields[key_of(about).replace("-", "_")] = (list[kinds] if about.repeats else kinds, default)
    return create_model(
        "Configuration", __config__=strict, __doc__="[tool.wheelclash], or the file wheelclash.toml.", **fields
    )


def configuration_schema(kind: type) -> str:
    """Return the JSON Schema (2020-12) of a configuration file, as indented text."""
    import json

    schema = _model(kind).model_json_schema()
    for fields in (schema["properties"], schema["$defs"]["Ignore"]["properties"]):
        for about in fields.values():
            about.pop("default", None)
            about.pop("title", None)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _refusal(error: ValidationError, where: str, known: Mapping[str, object], kind: type) -> QuestionError:
    """Return what is wrong with a file: its first fault, and how many more keys or entries have one."""
    from wheelclash.wording import near, near_names

    errors = error.errors(include_url=False)
    first = errors[0]
    others = {_entry_of(fault["loc"]) for fault in errors} - {_entry_of(first["loc"])}
    *place, last = [part for part in first["loc"] if not str(part).startswith(("constrained-", "literal[", "date"))]
    key, fault = str(place[0] if place else last), first["type"]
    number = next((part + 1 for part in first["loc"] if isinstance(part, int)), None)
    inner = f"ignore {number}" if key == "ignore" and number else key
    hint = ""
    if fault == "extra_forbidden":
        names = list(known) if not place else ["distributions", "path", "kind", "rule", "reason", "expires"]
        reason = f"{where}: there is no key {last!r}{f' in {inner}' if place else ''}"
        hint = near(str(last), names) if place or near_names(str(last), names) else _no_key_hint(str(last), kind)
    elif fault == "missing":
        reason = f"{where}: {inner} has no {last}"
        hint = "Say why it is accepted." if last == "reason" else ""
    else:
        name = f"{inner}, {last}" if key not in {inner, last} and not isinstance(last, int) else inner
        kinds = {fault["type"] for fault in errors if _entry_of(fault["loc"]) == _entry_of(first["loc"])}
        message = "must be a string or a number" if kinds == _TEXT_OR_NUMBER else _SAID.get(fault)
        message = message or first["msg"].lower().replace("input should be", "must be")
        reason = f"{where}: {name}: {message}, not {_text_of(first['input'])}"
        if inner == "ignore" and fault == "list_type" and isinstance(first["input"], dict):
            hint = "Each entry begins with [[…ignore]], in double brackets."
    more = f" ({len(others)} more)" if others else ""
    return QuestionError(f"{reason}{more}.", hint)


def _entry_of(place: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return the key that a fault is in, of an entry of a list with its number: pydantic tells one for each type."""
    return tuple(place[:2]) if len(place) > 1 and isinstance(place[1], int) else tuple(place[:1])


def _no_key_hint(name: str, kind: type) -> str:
    """Return what to do about a key that does not exist, and looks like none that does."""
    if any(f"--{name}" in _flags_of(about) for _, about in all_options(kind)):
        return f"--{name} is said each time, on the command line."
    return "Its keys stand at the top of the file." if name == "tool" else "The names of options without -- are keys."


_TEXT_OR_NUMBER = frozenset({"string_type", "int_type", "float_type"})
_MOST_SHOWN = 60
_SAID = {
    "list_type": "must be a list",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "model_type": "must be a table",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must say something",
    "date_type": "must be a date without quotes, such as 2026-12-31",
    "date_from_datetime_inexact": "must be a date without a time, such as 2026-12-31",
}
"""What pydantic's faults are called where a file is written in TOML."""


def _text_of(value: object) -> str:
    """Return a value for a message: a short one itself, without credentials; of others the type."""
    from datetime import date, time

    from wheelclash.http.urls import redacted

    text = value.isoformat() if isinstance(value, date | time) else redacted(repr(value))
    return text if len(text) <= _MOST_SHOWN else f"a {type(value).__name__}"


def _ignore(entry: Any, number: int, path: Path) -> Ignore:
    """Return an entry of ``ignore``.

    Raises:
        QuestionError: It says nothing, or something that nothing can match.
    """
    from wheelclash.accepted import Ignore
    from wheelclash.report.rules import rule_named

    place = f"ignore {number} in {_shown(path)}"
    try:
        rule = rule_named(entry.rule).code if entry.rule else ""
        return Ignore.of(
            entry.distributions,
            path=entry.path or "",
            kind=entry.kind or "",
            rule=rule,
            reason=entry.reason,
            expires=entry.expires,
            place=place,
        )
    except QuestionError as error:
        raise QuestionError(f"{place}: {error.reason}", error.hint) from None


def _value(about: Option, value: Any, where: str, folder: Path) -> Any:
    """Return the value of an option, as the command line would have it.

    Raises:
        QuestionError: It makes no sense.
    """
    if about.is_switch:
        return value
    texts = [item if isinstance(item, str) else str(item) for item in (value if about.repeats else [value])]
    if about.is_path:
        texts = [_from_folder(text, folder) for text in texts]
    items = [_parsed_text(about, text, where) for text in texts]
    return items if about.repeats else items[0]


def _from_folder(text: str, folder: Path) -> str:
    """Return a path that is relative to a folder, from the current one; what is a URL or absolute stays as it is.

    Of ``FORMAT=FILE`` the file is such a path.
    """
    name, equals, file = text.partition("=")
    if equals and name.isalpha():
        return f"{name}={_from_folder(file, folder)}"
    if "://" in text or os.path.realpath(folder) == os.path.realpath(os.curdir):
        return text
    try:
        start = os.path.relpath(folder)
    except ValueError:  # on another drive
        start = str(folder)
    return os.path.join(start, text)  # noqa: PTH118 - an absolute path stays one


def _parsed_text(about: Option, text: str, where: str) -> Any:
    """Return what a word means, as on the command line.

    Raises:
        QuestionError: It makes no sense there.
    """
    if about.parse is None:
        return text
    from argparse import ArgumentTypeError

    try:
        return about.parse(text)
    except ArgumentTypeError as error:
        raise QuestionError(f"{where}: {error}.") from None
    except QuestionError as error:
        raise QuestionError(f"{where}: {error.reason}", error.hint) from None


# -- variables ---------------------------------------------------------------------------------------------------------

_LIKE = 0.8
"""How like a known variable one must be to be taken for a mistake."""
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def environment_values(
    listed: Sequence[tuple[str, Option]], command: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Return what environment variables say of the options of a command.

    A switch is ``1`` or ``0``; what may be repeated is a list with spaces between, and quotes around what has some.

    Args:
        listed: Names and options of the command.
        command: The command.
        environ: The variables.

    Raises:
        QuestionError: A value makes no sense.
    """
    values: dict[str, Any] = {}
    for name, about in listed:
        if not about.flags[0].startswith("-") or name in _SAID_EACH_TIME:
            continue
        for flags, value, _ in about.others:
            for flag in flags:
                if flag.startswith("--") and _is_set(variable_of(flag), environ):
                    values[name] = value
        text = environ.get(variable_of(about.flag), "")
        if text and name != _CACHE:
            values[name] = _value_of_text(about, text, variable_of(about.flag), command)
    return values


def misspelt_variables(kind: type, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each variable that looks like one of ours and is not read; others may have theirs.

    Args:
        kind: The class of options.
        environ: The variables.
    """
    from wheelclash.wording import near_names

    known = {variable_of(flag): (name, flag) for name, about in all_options(kind) for flag in _flags_of(about)}
    for name in sorted(environ):
        option, flag = known.get(name, ("", ""))
        if option in _SAID_EACH_TIME and environ[name]:
            yield f"{name} is not read; {flag} is said each time, on the command line"
        elif name.startswith(_PREFIX) and not option:
            likely = near_names(name, known, most=1, likeness=_LIKE)
            if likely:
                yield f"{name} is not read; {likely[0]} was perhaps meant"


def _flags_of(about: Option) -> Iterator[str]:
    """Yield the long flags of an option, those of its other values included."""
    yield from (flag for flag in about.flags if flag.startswith("--"))
    yield from (flag for flags, _, _ in about.others for flag in flags if flag.startswith("--"))


def _is_set(variable: str, environ: Mapping[str, str]) -> bool:
    """Return whether a variable says yes.

    Raises:
        QuestionError: It says neither yes nor no.
    """
    return bool(environ.get(variable)) and _yes_or_no(environ[variable], variable)


def _yes_or_no(text: str, variable: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise QuestionError(f"{variable} must be 1 or 0, not {text!r}.")
    return word in _YES


def _value_of_text(about: Option, text: str, variable: str, command: str) -> Any:
    """Return the value that a variable gives an option.

    Raises:
        QuestionError: It makes no sense.
    """
    if about.is_switch:
        return _yes_or_no(text, variable) != (about.default is True)
    choices = about.choices_for(command)
    if choices is not None and text not in choices:
        every = {name for other in about.commands for name in about.choices_for(other) or ()}
        if text in every:
            return about.default  # another command's: this one has no such format
        raise QuestionError(f"{variable} must be one of {', '.join(choices)}, not {text!r}.")
    if not about.repeats and about.nargs != "+":
        return _parsed_text(about, text, variable)
    return [_parsed_text(about, word, variable) for word in _words(text, variable)]


def _words(text: str, variable: str) -> list[str]:
    """Return the words of a list: spaces between, quotes around what has some; a backslash is a letter like others.

    Raises:
        QuestionError: A quote is not closed.
    """
    import shlex

    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise QuestionError(f"{variable}: a quote in {text!r} is not closed.") from None
