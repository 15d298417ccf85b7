"""How uv is told a target: the interpreter itself, or the names uv has for versions and platforms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.interpreter import running, target_of
from wheelclash.platforms import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelclash.interpreter import Interpreter
    from wheelclash.target import Target

__all__ = ["UvTarget", "uv_target"]

_NAMED = {"x86_64", "aarch64"}
_GLIBC = (17, 28, *range(31, 41))
_MUSL = 2
_FIXED = {
    "win_amd64": "x86_64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "manylinux_2_39_riscv64": "riscv64-unknown-linux",
    "pyodide_2024_0_wasm32": "wasm32-pyodide2024",
    "pyodide_2025_0_wasm32": "wasm32-pyodide2025",
}
_MAC = {"arm64": "aarch64-apple-darwin", "x86_64": "x86_64-apple-darwin"}
_ANDROID = {"arm64_v8a": "aarch64-linux-android", "x86_64": "x86_64-linux-android"}
_IOS = {
    "arm64_iphoneos": "arm64-apple-ios",
    "arm64_iphonesimulator": "arm64-apple-ios-simulator",
    "x86_64_iphonesimulator": "x86_64-apple-ios-simulator",
}


class UvTarget(NamedTuple):
    """What uv is told.

    Attributes:
        options: Options of ``uv pip compile``.
        environ: Variables that go with them.
        notes: Where uv's target is not quite the one asked for, a sentence.
    """

    options: tuple[str, ...]
    environ: Mapping[str, str]
    notes: tuple[str, ...] = ()


def uv_target(target: Target, interpreter: Interpreter | None = None) -> UvTarget:
    """How to tell uv a target.

    Args:
        target: The target.
        interpreter: The interpreter it was taken from, if it was: uv then asks that one itself. For others uv needs
            some interpreter to start from, and gets the one that runs this.

    Raises:
        QuestionError: uv has no name for it.
    """
    if interpreter is not None and _same(target, interpreter):
        return UvTarget(("--python", str(interpreter.executable)), {})
    base = interpreter or running()
    if target.implementation != base.implementation or target.free_threaded != base.free_threaded:
        kind = f"{target.implementation}{' without the GIL' if target.free_threaded else ''}"
        raise QuestionError(
            f"uv cannot resolve for a {kind} that is not there to be asked.",
            "Give --python with such an interpreter, or --no-deps.",
        )
    options = ["--python", str(base.executable)] if str(base.executable) not in {"", "."} else []
    options += ["--python-version", target.python_version]
    if _on_same_machine(target, target_of(base)):  # with another Python
        return UvTarget(tuple(options), {})
    name, environ, note = _platform(target.platform)
    return UvTarget((*options, "--python-platform", name), environ, (note,) if note else ())


def _same(target: Target, interpreter: Interpreter) -> bool:
    own = target_of(interpreter)
    return (own.python_version, own.platform, own.implementation, own.free_threaded) == (
        target.python_version,
        target.platform,
        target.implementation,
        target.free_threaded,
    )


def _on_same_machine(one: Target, other: Target) -> bool:
    markers = ("platform_machine", "platform_release", "platform_version", "sys_platform")
    return one.platform == other.platform and all(one.markers[key] == other.markers[key] for key in markers)


def _platform(name: str) -> tuple[str, dict[str, str], str]:
    """The name uv has for a platform, the variables that make it exact, and where it still differs, a sentence.

    Its short names are not used: what ``linux`` means has changed from one uv to the next.
    """
    tag = PLATFORMS.get(name.strip().lower()) or name.strip().lower().replace("-", "_").replace(".", "_")
    if tag in _FIXED:
        return _FIXED[tag], {}, ""
    found = _linux(tag) or _versioned(tag)
    if found is None:
        raise QuestionError(
            f"uv has no name for the platform {name}, and so cannot resolve for it.",
            "Give --no-deps and name every distribution yourself.",
        )
    return found


def _linux(tag: str) -> tuple[str, dict[str, str], str] | None:
    """The newest C library uv knows that the platform has: wheels for it will do."""
    tag = tag.replace("manylinux2014_", "manylinux_2_17_")
    match = re.fullmatch(r"(manylinux_2|musllinux_1)_([0-9]+)_(\w+)", tag)
    if match is None or match[3] not in _NAMED:
        return None
    minor = int(match[2])
    if match[1] == "musllinux_1":
        exact, uv_name = _MUSL, f"{match[3]}-unknown-linux-musl"
    else:
        exact = max((each for each in _GLIBC if each <= minor), default=minor + 1)
        uv_name = f"{match[3]}-manylinux_2_{exact}"
    if exact > minor:
        return None
    known = f"{match[1]}_{exact}_{match[3]}"
    return uv_name, {}, "" if exact == minor else f"resolved for {known}, the nearest platform to {tag} that uv knows"


def _versioned(tag: str) -> tuple[str, dict[str, str], str] | None:
    """Systems whose version uv takes from a variable, as compilers do."""
    for pattern, names, variable in (
        (r"macosx_([0-9]+_[0-9]+)_(\w+)", _MAC, "MACOSX_DEPLOYMENT_TARGET"),
        (r"ios_([0-9]+_[0-9]+)_(\w+)", _IOS, "IPHONEOS_DEPLOYMENT_TARGET"),
        (r"android_([0-9]+)_(\w+)", _ANDROID, "ANDROID_API_LEVEL"),
    ):
        match = re.fullmatch(pattern, tag)
        if match is not None and match[2] in names:
            return names[match[2]], {variable: match[1].replace("_", ".")}, ""
    return None
