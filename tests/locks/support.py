"""Locks written in tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.http.urls import Credentials
from wheelclash.locks.read import read_lock
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.resolve.selection import Lock, Selection

__all__ = ["DIGEST", "codes", "files", "read", "select", "uv_lock", "uv_package"]

DIGEST = "ab" * 32


def read(text: str, path: Path | str | None = "folder/some.lock", credentials: Credentials | None = None) -> Lock:
    """A lock of this text."""
    where = None if path is None else Path(path)
    return read_lock(where, text.encode(), credentials=credentials or Credentials())


def select(
    lock: Lock | str,
    platform: str = "linux",
    python: str = "3.12",
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    everything: bool = False,
) -> Selection:
    """What it yields."""
    found = read(lock) if isinstance(lock, str) else lock
    return found.select(target_for(python, platform), extras=extras, all_extras=everything, groups=groups)


def files(selection: Selection) -> list[str]:
    """The names of all wheels, sorted."""
    named = [*selection.candidates, *(each.candidate for each in selection.unlocated)]
    return sorted(each.filename for each in named)


def codes(selection: Selection) -> dict[str, str]:
    """By requirement, why something is skipped or not compared."""
    return {each.requirement: each.code for each in (*selection.skipped, *selection.not_compared)}


def uv_lock(*packages: str, head: str = "") -> str:
    """A ``uv.lock``."""
    return f'version = 1\nrevision = 5\nrequires-python = ">=3.10"\n{head}\n' + "\n".join(packages)


def uv_package(
    name: str,
    version: str = "1.0",
    *,
    source: str = '{ registry = "https://index.example/simple" }',
    needs: str = "",
    tags: Sequence[str] = ("py3-none-any",),
    more: str = "",
) -> str:
    """A ``[[package]]`` of a ``uv.lock``, as uv writes it."""
    wheels = "".join(
        f'    {{ url = "https://files.example/{name.replace("-", "_")}-{version}-{tag}.whl", '
        f'hash = "sha256:{DIGEST}", size = 7 }},\n'
        for tag in tags
    )
    listed = f"wheels = [\n{wheels}]\n" if tags else ""
    depends = f"dependencies = [\n{needs}\n]\n" if needs else ""
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {source}\n{depends}{listed}{more}\n'
