"""Whatever the bytes: a lock, or one sentence that says what is wrong with them."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.locks import document as documents
from wheelclash.locks.read import detect_format, read_lock
from wheelclash.target.target import target_for

from .support import DIGEST, read, uv_lock, uv_package
from .test_formats import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

LINUX = target_for("3.12", "linux")


def consume(data: bytes, path: Path | None) -> str | None:
    """Read and use a lock; what it says if it cannot be."""
    try:
        lock = read_lock(path, data, credentials=Credentials())
        lock.targets()
        lock.select(LINUX, extras=[], all_extras=True, groups=[])
    except QuestionError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "report.json", None])
@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"[", b"{", b"[]", b"null", b"{}", b'{"install": 1}', b"x",
        b"version = 2",
        b"version = true", b"version = 1\nrequires-python = 3", b'lock-version = "2.0"', b"lock-version = 1",
        b'lock-version = "1.0"\ncreated-by = "x"\npackages = 1', b"version = 1\npackage = 1",
        b"version = 1\n[[package]]\n",
        b'[metadata]\nlock-version = "9"', b'[metadata]\nlock_version = "9"', b"[metadata]\nlock_version = 4",
        b'[metadata]\nlock_version = "4.9"', b'[metadata]\nlock-version = "2.1"\n[[package]]\nname = 1',
        b"version = 1\nx = " + b"9" * 5000, b"version = 1\nx = " + b"[" * 20000,
        b'{"x": ' + b"[" * 200000, b'{"x": ' + b"9" * 5000,
        b"version = 1\nx = 2024-13-45", b'{"version": "2", "install": []}', b'{"version": 1, "install": []}',
    ],
)  # fmt: skip
def test_no_bytes_end_in_a_traceback(name: str | None, data: bytes) -> None:
    told = consume(data, None if name is None else Path(name))
    assert told is not None
    assert "\n" not in told
    assert len(told) < 500
    detect_format(None if name is None else Path(name), data)


@pytest.mark.parametrize(
    "text",
    [
        "version = 1",
        '[metadata]\nlock-version = "2.1"',
        '[metadata]\nlock_version = "4.5.0"',
        'lock-version = "1.0"\ncreated-by = "x"\npackages = []',
        '{"version": "1", "install": []}',
    ],
)
def test_an_empty_lock_installs_nothing(text: str) -> None:
    found = read(text, None).select(LINUX, extras=[], all_extras=False, groups=[])
    assert not found.candidates


def test_too_large_a_file_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST_DESCRIPTION", 100)
    with pytest.raises(QuestionError, match="more than"):
        read("version = 1\n" + "#" * 100)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version = 2", "version 2; only version 1 of uv.lock"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []', "version 2.0; only version 1 of PEP 751"),
        ('[metadata]\nlock-version = "3.0"', "version 3.0; only versions 1 and 2 of poetry.lock"),
        ('[metadata]\nlock_version = "5.0"', "version 5.0; only version 4"),
        ('{"version": "2", "install": []}', "version '2'; only version \"1\""),
    ],
)
def test_an_unknown_version_is_named(text: str, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        read(text, None)


def test_a_newer_minor_version_of_pep_751_is_read_with_a_note() -> None:
    lock = read('lock-version = "1.9"\ncreated-by = "x"\npackages = []')
    found = lock.select(LINUX, extras=[], all_extras=False, groups=[])
    assert any("1.9" in each for each in found.notes)


def test_messages_name_the_file_and_the_place_in_it() -> None:
    with pytest.raises(QuestionError, match=r"^some\.lock: package\[1\]\.wheels is no list of tables"):
        read(
            uv_lock(
                uv_package("x"), '[[package]]\nname = "y"\nsource = { registry = "https://x.example" }\nwheels = 3\n'
            )
        )


# -- anything at all ---------------------------------------------------------------------------------------

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=6), st.sampled_from(
        ["1.0", "../x-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl", "https://u:p@h/x-1.0-py3-none-any.whl", "http://[",
         "extra == 'x'", "python_version >", "file:///x", "git+ssh://x", ">=3", "^1", DIGEST]
    )),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place; None takes it away."""
    found = copy.deepcopy(document)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return found


def as_toml(value: Any, *, top: bool = True) -> str:
    """A document as TOML; whatever TOML does not know is left out."""
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(key)} = {as_toml(inner, top=False)}" for key, inner in value.items() if inner is not None
        )
        return "\n".join(pairs) if top else f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(as_toml(inner, top=False) for inner in value if inner is not None)}]"
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value)


DOCUMENTS = {
    name: json.loads(file.read_text()) if name == "pip-report" else tomllib.loads(file.read_text())
    for name, file in FILES.items()
    if name in {"uv", "uv-export", "pip-report", "poetry-2.1", "poetry-1.1", "pdm", "pdm-plain"}
}
PLACES = {name: list(places(document)) for name, document in DOCUMENTS.items()}


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - {"pip-report"}))
def test_what_is_changed_at_random_is_a_lock_before(name: str) -> None:
    assert tomllib.loads(as_toml(DOCUMENTS[name])) == DOCUMENTS[name]
    assert consume(as_toml(DOCUMENTS[name]).encode(), FILES[name]) is None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_lock_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    document = changed(DOCUMENTS[name], data.draw(st.sampled_from(PLACES[name])), data.draw(VALUES))
    text = json.dumps(document) if name == "pip-report" else as_toml(document)
    consume(text.encode(), FILES[name])


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["uv.lock", "pylock.toml", "x.json", None]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str | None) -> None:
    consume(data, None if name is None else Path(name))
    detect_format(None if name is None else Path(name), data)
