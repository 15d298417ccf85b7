"""The ways a wheel can come to write (or to claim) an installed file: one row each.

A feature is aimed at a stem such as ``c007`` and writes, in its own way, the *one* file that every feature of the
same place writes for that stem: ``site-packages/c007/m.py``, ``scripts/c007``, ``data/share/c007.txt``. Two wheels
with features of one place and one stem therefore contest a file, whatever their archive paths look like.
"""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple

from tests.support.environments import PYTHON_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.wheelmaker import Wheel

__all__ = ["FEATURES", "REFUSED", "Feature", "Place", "Proof"]

Place = Literal["site-packages", "scripts", "data"]
Proof = Literal["hash", "script", "windowed-script", "entry-point", "windowed-entry-point", "none"]
"""What tells its content before it is installed: a hash of the very bytes, one of a script that installers may rewrite
(``#!python`` and ``#!pythonw -E`` become one and the same), an entry point (console and gui commands are the same on
POSIX), or nothing. Two wheels can be proven to install equal files only by equal kinds of proof."""


_LIBRARY = f"lib/{PYTHON_FOLDER}/site-packages"
_BOTH = frozenset({"pip", "uv"})
_UV = frozenset({"uv"})
_SYMLINK = stat.S_IFLNK | 0o777


class Feature(NamedTuple):
    """A way of writing a file.

    Attributes:
        name: What it is, for test ids.
        place: Where its file goes.
        write: Puts it into a wheel: called with the wheel, the stem and the text the file is to hold.
        proof: What tells its content.
        refused_by: Installers that refuse a wheel with it.
        variant_of: The feature it is a mere spelling of, or "". In the ordinary run a spelling meets itself and that
            feature; in the full product it meets every other.
        unsettled_by: Installers under which chance (the order of a directory listing) decides what it writes.
    """

    name: str
    place: Place
    write: Callable[[Wheel, str, str], None]
    proof: Proof = "hash"
    refused_by: frozenset[str] = frozenset()
    unsettled_by: frozenset[str] = frozenset()
    variant_of: str = ""


def _data(wheel: Wheel) -> str:
    return wheel.dist_info.removesuffix(".dist-info") + ".data"


def _add(wheel: Wheel, path: str, text: str) -> None:
    wheel.files[path] = text


def _root_is_purelib(wheel: Wheel, stem: str, text: str, value: str) -> None:
    wheel.purelib = value
    _add(wheel, f"{stem}/m.py", text)


def _unlisted(wheel: Wheel, stem: str, text: str) -> None:
    _add(wheel, f"{stem}/m.py", text)
    wheel.unlisted.add(f"{stem}/m.py")


def _without_hash(wheel: Wheel, stem: str, text: str) -> None:
    _unlisted(wheel, stem, text)
    wheel.record_extra.append((f"{stem}/m.py", "", ""))


def _unlisted_data(wheel: Wheel, stem: str, text: str) -> None:
    _add(wheel, f"{_data(wheel)}/data/share/{stem}.txt", text)
    wheel.unlisted.add(f"{_data(wheel)}/data/share/{stem}.txt")


def _share_without_hash(wheel: Wheel, stem: str, text: str) -> None:
    _unlisted_data(wheel, stem, text)
    wheel.record_extra.append((f"{_data(wheel)}/data/share/{stem}.txt", "", ""))


def _symlink(wheel: Wheel, stem: str, text: str) -> None:
    _add(wheel, f"{stem}/m.py", text)
    wheel.modes[f"{stem}/m.py"] = _SYMLINK


def _entry_point(wheel: Wheel, stem: str, text: str, kind: str = "console") -> None:
    points = wheel.scripts if kind == "console" else wheel.gui_scripts
    points[stem] = "run.it_" + "".join(each if each.isalnum() else "_" for each in text) + ":main"


def _shadowed_script(wheel: Wheel, stem: str, text: str) -> None:
    _entry_point(wheel, stem, text)
    _add(wheel, f"{_data(wheel)}/scripts/{stem}", f"#!/bin/sh\n# never installed: {text}\n")


def _twice(wheel: Wheel, stem: str, text: str, first: str, second: str) -> None:
    _add(wheel, first.format(data=_data(wheel), stem=stem), f"#!/bin/sh\n# first: {text}")
    _add(wheel, second.format(data=_data(wheel), stem=stem), f"#!/bin/sh\n# second: {text}")


def _entry_point_and_data(wheel: Wheel, stem: str, text: str) -> None:
    _entry_point(wheel, stem, text)
    _add(wheel, f"{_data(wheel)}/data/bin/{stem}", f"#!/bin/sh\n# data: {text}")


def _lib64() -> tuple[Feature, ...]:
    """Where venv links lib64 to lib, two paths lead to one folder."""
    if sys.platform != "linux" or sys.maxsize <= 2**32:
        return ()
    library = _LIBRARY.replace("lib/", "lib64/", 1)
    return (
        Feature(
            "data-lib64",
            "site-packages",
            lambda w, s, t: _add(w, f"{_data(w)}/data/{library}/{s}/m.py", t),
            variant_of="data-lib",
        ),
    )


FEATURES: tuple[Feature, ...] = (
    # a module, by every road that leads to site-packages
    Feature("root", "site-packages", lambda w, s, t: _add(w, f"{s}/m.py", t)),
    Feature("purelib", "site-packages", lambda w, s, t: _add(w, f"{_data(w)}/purelib/{s}/m.py", t)),
    Feature("platlib", "site-packages", lambda w, s, t: _add(w, f"{_data(w)}/platlib/{s}/m.py", t)),
    Feature("data-lib", "site-packages", lambda w, s, t: _add(w, f"{_data(w)}/data/{_LIBRARY}/{s}/m.py", t)),
    *_lib64(),
    Feature("foreign-data", "site-packages", lambda w, s, t: _add(w, f"alien_{s}-9.data/purelib/{s}/m.py", t)),
    Feature("impure", "site-packages", lambda w, s, t: _root_is_purelib(w, s, t, "false"), variant_of="root"),
    Feature("shouted-purelib", "site-packages", lambda w, s, t: _root_is_purelib(w, s, t, "TRUE"), variant_of="root"),
    Feature("dotted-name", "site-packages", lambda w, s, t: _add(w, f"./{s}/m.py", t), variant_of="root"),
    Feature("doubled-slash", "site-packages", lambda w, s, t: _add(w, f"{s}//m.py", t), variant_of="root"),
    Feature("unlisted", "site-packages", _unlisted, "none", variant_of="no-hash"),
    Feature("no-hash", "site-packages", _without_hash, "none"),
    Feature("symlink", "site-packages", _symlink),
    Feature("phantom", "site-packages", lambda w, s, t: w.record_extra.append((f"{s}/m.py", "", ""))),
    Feature(
        "phantom-purelib",
        "site-packages",
        lambda w, s, t: w.record_extra.append((f"{_data(w)}/purelib/{s}/m.py", "", "")),
        variant_of="purelib",
    ),
    Feature(
        "root-and-purelib",
        "site-packages",
        lambda w, s, t: _twice(w, s, t, "{stem}/m.py", "{data}/purelib/{stem}/m.py"),
    ),
    Feature(
        "purelib-and-root",
        "site-packages",
        lambda w, s, t: _twice(w, s, t, "{data}/purelib/{stem}/m.py", "{stem}/m.py"),
        variant_of="root-and-purelib",
    ),
    # a command
    Feature("script", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}", f"#!/bin/sh\n# {t}\n"), "script"),
    Feature(
        "python-script",
        "scripts",
        lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}", f"#!python\n# {t}\n"),
        "script",
    ),
    Feature(
        "pythonw-script",
        "scripts",
        lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}", f"#!pythonw -E\n# {t}\n"),
        "windowed-script",
        variant_of="python-script",
    ),
    Feature("data-bin", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/data/bin/{s}", f"#!/bin/sh\n# {t}\n")),
    Feature("python-data-bin", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/data/bin/{s}", f"#!python\n# {t}\n")),
    Feature("console", "scripts", _entry_point, "entry-point"),
    Feature("gui", "scripts", lambda w, s, t: _entry_point(w, s, t, "gui"), "windowed-entry-point"),
    Feature("script-behind-entry-point", "scripts", _shadowed_script, "entry-point"),
    Feature("entry-point-and-data-bin", "scripts", _entry_point_and_data),
    Feature(
        "script-and-data-bin",
        "scripts",
        lambda w, s, t: _twice(w, s, t, "{data}/scripts/{stem}", "{data}/data/bin/{stem}"),
        unsettled_by=_UV,
    ),
    # a file under the prefix
    Feature("share", "data", lambda w, s, t: _add(w, f"{_data(w)}/data/share/{s}.txt", t)),
    Feature("unlisted-share", "data", _unlisted_data, "none", variant_of="no-hash-share"),
    Feature("no-hash-share", "data", _share_without_hash, "none"),
)

REFUSED: tuple[Feature, ...] = (
    Feature("unknown-scheme", "data", lambda w, s, t: _add(w, f"{_data(w)}/include/{s}.h", t), refused_by=_BOTH),
    Feature("loose-data-file", "data", lambda w, s, t: _add(w, f"{_data(w)}/{s}.txt", t), refused_by=_BOTH),
    Feature("script-in-folder", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}/tool", t), refused_by=_UV),
    Feature("entry-point-in-folder", "scripts", lambda w, s, t: _entry_point(w, f"{s}/tool", t), refused_by=_UV),
    Feature("entry-point-climbing", "scripts", lambda w, s, t: _entry_point(w, f"../{s}", t), refused_by=_BOTH),
    Feature("script-python", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/scripts/python3.99", t), refused_by=_UV),
    Feature("data-bin-python", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/data/bin/pythonw", t), refused_by=_UV),
    Feature("entry-point-python", "scripts", lambda w, s, t: _entry_point(w, "pypy3", t), refused_by=_UV),
    Feature("script-activate", "scripts", lambda w, s, t: _add(w, f"{_data(w)}/scripts/activate_{s}", t)),
)
"""Wheels that at least one installer refuses, or that touch the environment's own commands: never part of a pair."""
