"""The ways a wheel can come to write (or to claim) an installed file: one row each.

A feature is aimed at a stem such as ``c007`` and writes, in its own way, the *one* file that every feature of the
same place writes for that stem: ``site-packages/c007/m.py``, ``scripts/c007``, ``data/share/c007.txt``. Two wheels
with features of one place and one stem therefore contest a file, whatever their archive paths look like.
"""

from __future__ import annotations

import stat
import sys
import zipfile
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

_PIP = frozenset({"pip"})
_NEITHER: frozenset[str] = frozenset()


def _wheel_version(wheel: Wheel, text: str) -> None:
    _add(wheel, f"{wheel.dist_info}/WHEEL", f"{text}Root-Is-Purelib: true\nTag: py3-none-any\n")


def _packed(wheel: Wheel, stem: str, text: str, method: int) -> None:
    _add(wheel, f"{stem}/m.py", text)
    wheel.compressions[f"{stem}/m.py"] = method


def _spelt(wheel: Wheel, path: str, recorded: str, text: str) -> None:
    _add(wheel, path, text)
    wheel.unlisted.add(path)
    wheel.record_extra.append((recorded, "", ""))


def _among_others(wheel: Wheel, path: str, text: str) -> None:
    """A file at fault with others of every kind before and behind it, to see how far an installer gets."""
    data = _data(wheel)
    for place in ("{}.py", f"{data}/data/share/{{}}.txt", f"{data}/purelib/{{}}_pure.py", f"{data}/scripts/{{}}"):
        _add(wheel, place.format("first"), text)
    _add(wheel, path, text)
    for place in ("{}.py", f"{data}/data/share/{{}}.txt", f"{data}/purelib/{{}}_pure.py", f"{data}/scripts/{{}}"):
        _add(wheel, place.format("last"), text)
    wheel.scripts["command"] = "run:it"


def _both(wheel: Wheel, first: str, second: str, text: str) -> None:
    _add(wheel, first, text)
    _add(wheel, second, "" if second.endswith("/") else text)


def _bzip2_among_others(wheel: Wheel, stem: str, text: str) -> None:
    _among_others(wheel, f"{stem}.py", text)
    _packed(wheel, stem, text, zipfile.ZIP_BZIP2)


def _refused(name: str, refused_by: frozenset[str], write: Callable[[Wheel, str, str], None]) -> Feature:
    return Feature(name, "data", write, refused_by=refused_by)


def _with_entry_points(name: str, refused_by: frozenset[str], text: str | bytes) -> Feature:
    def write(wheel: Wheel, stem: str, content: str) -> None:
        wheel.files[f"{wheel.dist_info}/entry_points.txt"] = text
        _add(wheel, f"{_data(wheel)}/data/share/{stem}.txt", content)

    return Feature(f"entry-points-{name}", "scripts", write, refused_by=refused_by)


_CONSOLE = "[console_scripts]\n"

REFUSED: tuple[Feature, ...] = (
    _refused("unknown-scheme", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/include/{s}.h", t)),
    _refused("loose-data-file", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/{s}.txt", t)),
    _refused("script-in-folder", _UV, lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}/tool", t)),
    _refused("entry-point-in-folder", _UV, lambda w, s, t: _entry_point(w, f"{s}/tool", t)),
    _refused("entry-point-climbing", _BOTH, lambda w, s, t: _entry_point(w, f"../{s}", t)),
    _refused("script-python", _UV, lambda w, s, t: _add(w, f"{_data(w)}/scripts/python3.99", t)),
    _refused("data-bin-python", _UV, lambda w, s, t: _add(w, f"{_data(w)}/data/bin/pythonw", t)),
    _refused("entry-point-python", _UV, lambda w, s, t: _entry_point(w, "pypy3", t)),
    _refused("script-activate", _NEITHER, lambda w, s, t: _add(w, f"{_data(w)}/scripts/activate_{s}", t)),
    # how far an installer gets
    _refused("among-unknown-scheme", _BOTH, lambda w, s, t: _among_others(w, f"{_data(w)}/include/{s}.h", t)),
    _refused("among-loose-data-file", _BOTH, lambda w, s, t: _among_others(w, f"{_data(w)}/{s}.txt", t)),
    _refused("among-dotted-data-file", _UV, lambda w, s, t: _among_others(w, f"./{_data(w)}/{s}.txt", t)),
    _refused("among-script-in-folder", _UV, lambda w, s, t: _among_others(w, f"{_data(w)}/scripts/{s}/tool", t)),
    _refused("among-escape", _PIP, lambda w, s, t: _among_others(w, f"../{s}.py", t)),
    _refused("among-file-and-folder", _BOTH, lambda w, s, t: _among_others(w, "first.py/x", t)),
    _refused("among-data-over-folder", _BOTH, lambda w, s, t: _among_others(w, f"{_data(w)}/purelib/first.py/x", t)),
    _refused("among-bzip2", _UV, _bzip2_among_others),
    # names of the zip directory, raw and normalised
    _refused("dotted-data", _UV, lambda w, s, t: _add(w, f"./{_data(w)}/data/share/{s}.txt", t)),
    _refused("dotted-data-script", _UV, lambda w, s, t: _add(w, f"./{_data(w)}/scripts/{s}", t)),
    _refused("data-by-a-detour", _UV, lambda w, s, t: _add(w, f"pkg/../{_data(w)}/data/share/{s}.txt", t)),
    _refused("data-with-a-dot-within", _NEITHER, lambda w, s, t: _add(w, f"{_data(w)}/./data/share/{s}.txt", t)),
    _refused("data-with-two-slashes", _NEITHER, lambda w, s, t: _add(w, f"{_data(w)}//data/share/{s}.txt", t)),
    _refused("script-with-a-dot-within", _NEITHER, lambda w, s, t: _add(w, f"{_data(w)}/./scripts/{s}", t)),
    _refused("scheme-by-a-detour", _UV, lambda w, s, t: _add(w, f"{_data(w)}/data/../scripts/{s}", t)),
    _refused("detour-below-data", _UV, lambda w, s, t: _add(w, f"{_data(w)}/data/share/../share/{s}.txt", t)),
    _refused("data-that-leads-out-of-data", _PIP, lambda w, s, t: _add(w, f"{_data(w)}/../{s}.py", t)),
    _refused("scripts-that-lead-out", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/scripts/../{s}", t)),
    _refused("climbing", _PIP, lambda w, s, t: _add(w, f"x/../../{s}.py", t)),
    _refused("backslash", _NEITHER, lambda w, s, t: _add(w, f"{s}\\m.py", t)),
    _refused("newline", _UV, lambda w, s, t: _add(w, f"{s}\nm.py", t)),
    _refused("zero-width-space", _UV, lambda w, s, t: _add(w, f"{s}\u200bm.py", t)),
    _refused("line-separator", _NEITHER, lambda w, s, t: _add(w, f"{s}\u2028m.py", t)),
    # RECORD
    _refused(
        "recorded-with-a-dot", _UV, lambda w, s, t: _spelt(w, f"{_data(w)}/data/{s}", f"./{_data(w)}/data/{s}", t)
    ),
    _refused(
        "dotted-and-recorded-plainly",
        _NEITHER,
        lambda w, s, t: _spelt(w, f"./{_data(w)}/data/{s}", f"{_data(w)}/data/{s}", t),
    ),
    _refused(
        "recorded-with-backslashes",
        _NEITHER,
        lambda w, s, t: _spelt(w, f"{_data(w)}/data/{s}", f"{_data(w)}\\data\\{s}", t),
    ),
    _refused("blank-line-in-record", _PIP, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,\n\n")),
    _refused("narrow-row", _UV, lambda w, s, t: setattr(w, "record", b"refused_or_not.py\n")),
    _refused(
        "wide-row", _UV, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,,\nrefused-1.0.dist-info/RECORD,,\n")
    ),
    _refused("size-that-is-no-number", _UV, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,x\n")),
    _refused("size-of-record-itself", _UV, lambda w, s, t: setattr(w, "record", b"refused-1.0.dist-info/RECORD,,x\n")),
    _refused(
        "size-past-64-bits", _UV, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,18446744073709551616\n")
    ),
    _refused("size-of-another-file", _NEITHER, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,999\n")),
    _refused("size-with-a-plus", _NEITHER, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,+9\n")),
    _refused("size-with-zeros", _NEITHER, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,0009\n")),
    _refused("record-that-is-not-utf-8", _BOTH, lambda w, s, t: setattr(w, "record", b"refused_or_not.py,,\n\xff,,\n")),
    _refused("empty-record", _NEITHER, lambda w, s, t: setattr(w, "record", b"")),
    # files and folders
    _refused("file-and-folder", _BOTH, lambda w, s, t: _both(w, s, f"{s}/m.py", t)),
    _refused("folder-and-file", _BOTH, lambda w, s, t: _both(w, f"{s}/m.py", s, t)),
    _refused("file-and-data-folder", _BOTH, lambda w, s, t: _both(w, s, f"{_data(w)}/purelib/{s}/m", t)),
    _refused("folder-and-data-file", _BOTH, lambda w, s, t: _both(w, f"{s}/m", f"{_data(w)}/purelib/{s}", t)),
    _refused("file-and-empty-folder", _UV, lambda w, s, t: _both(w, s, f"{s}/", t)),
    _refused("file-and-empty-data-folder", _UV, lambda w, s, t: _both(w, s, f"{_data(w)}/purelib/{s}/", t)),
    _refused("empty-folder", _NEITHER, lambda w, s, t: _add(w, f"{s}/", "")),
    _refused("empty-folder-of-no-scheme", _UV, lambda w, s, t: _add(w, f"{_data(w)}/{s}/", "")),
    _refused("empty-folder-of-scripts", _UV, lambda w, s, t: _add(w, f"{_data(w)}/scripts/{s}/", "")),
    _refused("file-named-bin", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/data/bin", t)),
    _refused("file-named-lib", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/data/lib", t)),
    _refused("file-named-site-packages", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/data/{_LIBRARY}", t)),
    _refused("file-named-data", _PIP, lambda w, s, t: _add(w, _data(w), t)),
    _refused("file-named-scripts", _BOTH, lambda w, s, t: _add(w, f"{_data(w)}/scripts", t)),
    # .dist-info
    _refused("dotted-dist-info-of-another", _UV, lambda w, s, t: _add(w, "./other-1.0.dist-info/RECORD", t)),
    _refused(
        "dist-info-of-another-in-purelib",
        _NEITHER,
        lambda w, s, t: _add(w, f"{_data(w)}/purelib/other-1.dist-info/X", t),
    ),
    _refused("file-named-dist-info", _PIP, lambda w, s, t: _add(w, "other-1.0.dist-info", t)),
    _refused("dotted-dist-info", _NEITHER, lambda w, s, t: _add(w, f"./{w.dist_info}/{s}", t)),
    # WHEEL
    _refused("wheel-version-2", _BOTH, lambda w, s, t: _wheel_version(w, "Wheel-Version: 2.0\n")),
    _refused("wheel-version-1.9", _NEITHER, lambda w, s, t: _wheel_version(w, "Wheel-Version: 1.9\n")),
    _refused("wheel-version-0.1", _NEITHER, lambda w, s, t: _wheel_version(w, "Wheel-Version: 0.1\n")),
    _refused("wheel-version-1", _UV, lambda w, s, t: _wheel_version(w, "Wheel-Version: 1\n")),
    _refused("wheel-version-1.x", _PIP, lambda w, s, t: _wheel_version(w, "Wheel-Version: 1.x\n")),
    _refused("wheel-version-of-letters", _BOTH, lambda w, s, t: _wheel_version(w, "Wheel-Version: new\n")),
    _refused("no-wheel-version", _BOTH, lambda w, s, t: _wheel_version(w, "")),
    _refused(
        "two-wheel-versions", _NEITHER, lambda w, s, t: _wheel_version(w, "Wheel-Version: 1.0\nWheel-Version: 2.0\n")
    ),
    # compression
    _refused("bzip2", _UV, lambda w, s, t: _packed(w, s, t, zipfile.ZIP_BZIP2)),
    _refused("lzma", _UV, lambda w, s, t: _packed(w, s, t, zipfile.ZIP_LZMA)),
    _refused("stored", _NEITHER, lambda w, s, t: _packed(w, s, t, zipfile.ZIP_STORED)),
    # entry_points.txt
    _with_entry_points("comment-behind-section", _NEITHER, "[console_scripts] # comment\nx = m:f\n"),
    _with_entry_points("name-twice", _UV, f"{_CONSOLE}x = m:f\nx = n:g\n"),
    _with_entry_points("section-twice", _UV, f"{_CONSOLE}x = m:f\n{_CONSOLE}x = n:g\ny = a:b\n"),
    _with_entry_points("comment-behind-value", _UV, f"{_CONSOLE}x = m:f # comment\n"),
    _with_entry_points("comment-with-semicolon", _PIP, f"{_CONSOLE}# one\nx = m:f\n; two\n"),
    _with_entry_points("no-callable", _BOTH, f"{_CONSOLE}a = a:b\nx = m\ny = a:b\n"),
    _with_entry_points("no-value", _BOTH, f"{_CONSOLE}x\n"),
    _with_entry_points("colon", _BOTH, f"{_CONSOLE}x : m:f\n"),
    _with_entry_points("before-any-section", _UV, f"x = m:f\n{_CONSOLE}y = a:b\n"),
    _with_entry_points("indented", _NEITHER, f"{_CONSOLE} X = m:f\n\ty = a:b\n"),
    _with_entry_points("section-in-capitals", _NEITHER, "[Console_Scripts]\nx = m:f\n"),
    _with_entry_points("extra", _NEITHER, f"{_CONSOLE}x = m:f [extra]\n"),
    _with_entry_points("blanks-around-colon", _PIP, f"{_CONSOLE}x = m : f\n"),
    _with_entry_points("dash-in-module", _PIP, f"{_CONSOLE}x = m-n:f\n"),
    _with_entry_points("word-behind", _UV, f"{_CONSOLE}x = m:f g\n"),
    _with_entry_points("no-name", _UV, f"{_CONSOLE} = m:f\n"),
    _with_entry_points("blanks-in-names", _NEITHER, f"{_CONSOLE}to ol = m:f\nin ol = n:g\n"),
    _with_entry_points("no-module", _BOTH, f"{_CONSOLE}x = :f\n"),
    _with_entry_points("gui-before-console", _NEITHER, f"[gui_scripts]\nx = g:f\n{_CONSOLE}x = c:f\n"),
    _with_entry_points("continued", _BOTH, f"{_CONSOLE}x = m:f\n  continued\n"),
    _with_entry_points("byte-order-mark", _UV, f"\ufeff{_CONSOLE}x = m:f\n"),
    _with_entry_points("open-section", _UV, f"[bogus\n{_CONSOLE}x = m:f\n"),
    _with_entry_points("brackets-in-name", _PIP, f"{_CONSOLE}x[y] = m:f\n"),
    _with_entry_points("section-in-two-brackets", _NEITHER, "[console_scripts]]\nx = m:f\n"),
    _with_entry_points("dot", _BOTH, f"{_CONSOLE}. = m:f\n"),
    _with_entry_points("not-utf-8", _BOTH, b"[console_scripts]\nx = m:f\n# \xff\n"),
    _with_entry_points("python.py", _UV, f"{_CONSOLE}python.py = m:f\n"),
)
"""Wheels that at least one installer refuses, or that touch the environment's own commands, or that look as if one
would: never part of a pair."""
