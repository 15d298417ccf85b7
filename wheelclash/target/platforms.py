"""The names of platforms, and the wheel tags each stands for.

Two kinds of names: those of ``uv pip compile --python-platform`` (``linux``, ``x86_64-manylinux_2_28``,
``aarch64-apple-darwin``, …), and wheel platform tags (``manylinux_2_28_x86_64``, ``macosx_13_0_arm64``, ``win_amd64``).
A tag names a machine that supports just that: it expands to the tag itself and every older one it includes, by
PEP 600 (glibc), PEP 656 (musl), PEP 730 (iOS), PEP 738 (Android) and, for macOS, what ``packaging`` knows of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging import tags

from wheelclash.errors import TargetError
from wheelclash.wording import near_names

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLATFORMS", "Platform", "platform_named"]


class Platform(NamedTuple):
    """A machine, as wheel tags and markers see it.

    Attributes:
        tags: Platform tags it supports, best first, without ``any``.
        os_name, sys_platform, system, machine, release, version: The markers of these names (PEP 508); the last
            two are known of no foreign machine but Pyodide's.
    """

    tags: tuple[str, ...]
    os_name: str
    sys_platform: str
    system: str
    machine: str
    release: str = ""
    version: str = ""

    @property
    def case_sensitive(self) -> bool:
        """Return whether its usual file system tells ``a.py`` from ``A.py``: not on Windows and Apple's systems."""
        return self.sys_platform not in {"win32", "darwin", "ios"}


PLATFORMS: dict[str, str] = {
    "linux": "manylinux_2_28_x86_64",
    "macos": "macosx_13_0_arm64",
    "windows": "win_amd64",
    "x86_64-unknown-linux-gnu": "manylinux_2_28_x86_64",
    "aarch64-unknown-linux-gnu": "manylinux_2_28_aarch64",
    "x86_64-unknown-linux-musl": "musllinux_1_2_x86_64",
    "aarch64-unknown-linux-musl": "musllinux_1_2_aarch64",
    "riscv64-unknown-linux": "manylinux_2_39_riscv64",
    "x86_64-apple-darwin": "macosx_13_0_x86_64",
    "aarch64-apple-darwin": "macosx_13_0_arm64",
    "x86_64-pc-windows-msvc": "win_amd64",
    "aarch64-pc-windows-msvc": "win_arm64",
    "i686-pc-windows-msvc": "win32",
    **{
        f"{arch}-manylinux_2_{minor}": f"manylinux_2_{minor}_{arch}"
        for arch in ("x86_64", "aarch64")
        for minor in (17, 28, *range(31, 41))
    },
    "x86_64-manylinux2014": "manylinux_2_17_x86_64",
    "aarch64-manylinux2014": "manylinux_2_17_aarch64",
    "aarch64-linux-android": "android_24_arm64_v8a",
    "x86_64-linux-android": "android_24_x86_64",
    "wasm32-pyodide2024": "pyodide_2024_0_wasm32",
    "wasm32-pyodide2025": "pyodide_2025_0_wasm32",
    "arm64-apple-ios": "ios_13_0_arm64_iphoneos",
    "arm64-apple-ios-simulator": "ios_13_0_arm64_iphonesimulator",
    "x86_64-apple-ios-simulator": "ios_13_0_x86_64_iphonesimulator",
}
"""uv's names, each with the wheel platform tag that says the same."""

_GLIBC_ARCHES = (
    "x86_64", "aarch64", "i686", "armv7l", "ppc64le", "ppc64", "s390x", "riscv64", "loongarch64",
)  # fmt: skip
_GLIBC_ALIASES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_GLIBC_OLD_NAMES = {name: minor for minor, name in _GLIBC_ALIASES.items()}
_WINDOWS = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}
_ANDROID = {"arm64_v8a": "aarch64", "x86_64": "x86_64", "armeabi_v7a": "armv7l", "x86": "i686"}
_PYODIDE_RELEASES = {"2024": "3.1.58", "2025": "4.0.9"}
_OLDEST_GLIBC, _OLDEST_GLIBC_X86 = 17, 5
_NEWEST = 199
"""No minor version of a C library or system is higher; a typing error must not make a million tags."""


def platform_named(name: str) -> Platform:
    """Return the platform of that name.

    Args:
        name: One of ``PLATFORMS``, or a wheel platform tag.

    Raises:
        TargetError: There is no such platform; the hint has near names.
    """
    tag = PLATFORMS.get(name.strip().lower()) or name.strip().lower().replace("-", "_").replace(".", "_")
    platform = (
        _linux(tag) or _musl(tag) or _windows(tag) or _mac(tag) or _android(tag) or _ios(tag) or _pyodide(tag)
    )  # one form each; they exclude each other
    if platform is None:
        examples = [*PLATFORMS, *PLATFORMS.values(), "manylinux_2_17_x86_64", "macosx_11_0_arm64"]
        near = near_names(name.strip().lower(), sorted(set(examples)))
        hint = f"Perhaps: {', '.join(near)}?" if near else "Examples: linux, macos, windows, manylinux_2_28_x86_64."
        raise TargetError(f"There is no platform {name!r}.", hint)
    return platform


def _small(*numbers: str) -> tuple[int, ...] | None:
    values = tuple(int(number) for number in numbers if len(number) <= len(str(_NEWEST)))
    return values if len(values) == len(numbers) and max(values) <= _NEWEST else None


def _linux(tag: str) -> Platform | None:
    match = re.fullmatch(r"(?:(linux)|manylinux_2_([0-9]+)|(manylinux(?:1|2010|2014)))_(\w+)", tag)
    if match is None or match[4] not in _GLIBC_ARCHES:
        return None
    arch = match[4]
    oldest = _OLDEST_GLIBC_X86 if arch in {"x86_64", "i686"} else _OLDEST_GLIBC
    if match[1]:
        minor = oldest - 1
    else:
        numbers = _small(match[2]) if match[2] else (_GLIBC_OLD_NAMES[match[3]],)
        if numbers is None or numbers[0] < oldest:
            return None
        (minor,) = numbers
    return Platform((f"linux_{arch}", *_glibc_tags(minor, oldest, arch)), "posix", "linux", "Linux", arch)


def _glibc_tags(newest: int, oldest: int, arch: str) -> Iterator[str]:
    for minor in range(newest, oldest - 1, -1):
        yield f"manylinux_2_{minor}_{arch}"
        if minor in _GLIBC_ALIASES:
            yield f"{_GLIBC_ALIASES[minor]}_{arch}"


def _musl(tag: str) -> Platform | None:
    match = re.fullmatch(r"musllinux_1_([0-9]+)_(\w+)", tag)
    numbers = _small(match[1]) if match else None
    if match is None or numbers is None or match[2] not in _GLIBC_ARCHES:
        return None
    arch = match[2]
    wheel_tags = (f"musllinux_1_{minor}_{arch}" for minor in range(numbers[0], -1, -1))
    return Platform((f"linux_{arch}", *wheel_tags), "posix", "linux", "Linux", arch)


def _windows(tag: str) -> Platform | None:
    if tag not in _WINDOWS:
        return None
    return Platform((tag,), "nt", "win32", "Windows", _WINDOWS[tag])


def _mac(tag: str) -> Platform | None:
    match = re.fullmatch(r"macosx_([0-9]+)_([0-9]+)_(arm64|x86_64)", tag)
    version = _small(match[1], match[2]) if match else None
    if match is None or version is None or version[0] < 10:  # noqa: PLR2004 - there is no older one
        return None
    major, minor = version
    wheel_tags = tuple(tags.mac_platforms((major, minor), match[3]))
    return Platform(wheel_tags, "posix", "darwin", "Darwin", match[3]) if wheel_tags else None


def _android(tag: str) -> Platform | None:
    match = re.fullmatch(r"android_([0-9]+)_(\w+)", tag)
    level = _small(match[1]) if match else None
    if match is None or level is None or match[2] not in _ANDROID:
        return None
    wheel_tags = tuple(tags.android_platforms(level[0], match[2]))
    return Platform(wheel_tags, "posix", "android", "Android", _ANDROID[match[2]]) if wheel_tags else None


def _ios(tag: str) -> Platform | None:
    match = re.fullmatch(r"ios_([0-9]+)_([0-9]+)_((arm64|x86_64)_(?:iphoneos|iphonesimulator))", tag)
    version = _small(match[1], match[2]) if match else None
    if match is None or version is None:
        return None
    major, minor = version
    wheel_tags = tuple(tags.ios_platforms((major, minor), match[3]))
    return Platform(wheel_tags, "posix", "ios", "iOS", match[4]) if wheel_tags else None


def _pyodide(tag: str) -> Platform | None:
    """Return Pyodide's platform of one year; it has two tags, that of PEP 783 and an older one."""
    match = re.fullmatch(r"(?:pyemscripten|pyodide)_(20[0-9]{2})_0_wasm32", tag)
    if match is None:
        return None
    release = _PYODIDE_RELEASES.get(match[1], "")
    names = tuple(f"{name}_{match[1]}_0_wasm32" for name in ("pyemscripten", "pyodide"))
    return Platform(names, "posix", "emscripten", "Emscripten", "wasm32", release, "#1" if release else "")
