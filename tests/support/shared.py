"""Sets in which very much is shared: what is to be measured and counted at several sizes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.support.values import LINUX, layout, written
from tests.support.wheelmaker import Wheel
from wheelclash.core.contents import Contents, Members
from wheelclash.core.distribution import Candidate, Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["crowd", "mesh"]

_OWN, _SHARED = 20, 40


def crowd(count: int, path: str | None = "tests/conftest.py") -> Iterator[Wheel]:
    """Yield wheels of two files that all have another content at one path, or none at it where that is None."""
    for number in range(count):
        name = f"made{number:04}"
        shared = {} if path is None else {path: f"number = {number}\n"}
        yield Wheel(name, files={f"{name}/__init__.py": f"number = {number}\n", **shared})


def mesh(count: int) -> list[Distribution]:
    """Return distributions of 60 files of which 40 are shared, each by four on average, in two contents."""
    chance = random.Random(count)  # noqa: S311 - nothing is secret here
    found = []
    for number in range(count):
        name = f"made{number:04}"
        files = {f"site-packages/{name}/part{part}.py": f"{number} {part}" for part in range(_OWN)}
        for part in chance.sample(range(_OWN * count // 2), _SHARED):
            files[f"site-packages/shared/part{part}.py"] = f"{part} {chance.choice('ab')}"
        placed = layout(*(written(path, text) for path, text in files.items()))
        filename = f"{name}-1.0-py3-none-any.whl"
        candidate = Candidate(
            filename=filename,
            name=name,
            version="1.0",
            url=f"https://files.example/{filename}",
            index=None,
            sha256=None,
            size=None,
            requested=name,
        )
        contents = Contents(f"{name}-1.0.dist-info", "true", Members(), (), "", (), None, ())
        found.append(Distribution.from_wheel(candidate, contents, "local", {"pip": placed, "uv": placed}, LINUX))
    return found
