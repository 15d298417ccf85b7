"""Run by a Python interpreter that is asked what it is; prints the answer as one line of JSON.

This is a script of the standard library alone and runs on Python 3.8 and newer. It states facts only; what follows from
them for wheels is worked out by :mod:`wheelclash.target.interpreter`, with its own copy of ``packaging``.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import platform
import re
import site
import sys
import sysconfig

NEWEST_GLIBC_MINOR = 200


def implementation_version() -> str:
    """Return ``sys.implementation.version`` as a marker has it."""
    info = sys.implementation.version
    version = f"{info.major}.{info.minor}.{info.micro}"
    return version if info.releaselevel == "final" else version + info.releaselevel[0] + str(info.serial)


def markers() -> dict[str, str]:
    """Return the values of environment markers (PEP 508)."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": implementation_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def glibc() -> list[int] | None:
    """Return major and minor version of the GNU C library this interpreter runs on, or None."""
    text = None
    try:
        text = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        try:
            import ctypes

            version = ctypes.CDLL(None).gnu_get_libc_version
            version.restype = ctypes.c_char_p
            text = version().decode("ascii")
        except (ImportError, AttributeError, OSError, ValueError):
            pass
    match = re.search(r"([0-9]+)\.([0-9]+)", text or "")
    return [int(match.group(1)), int(match.group(2))] if match else None


def musl() -> list[int] | None:
    """Return major and minor version of the musl C library of this system, or None."""
    import glob
    import subprocess

    for loader in sorted(glob.glob("/lib/ld-musl-*.so.1")):
        try:
            output = subprocess.run([loader], stderr=subprocess.PIPE, check=False).stderr.decode("ascii", "replace")
        except OSError:
            continue
        match = re.search(r"^Version ([0-9]+)\.([0-9]+)", output, re.MULTILINE)
        if match:
            return [int(match.group(1)), int(match.group(2))]
    return None


def refused(version: list[int], arch: str) -> list[int]:
    """Return the minor versions of the GNU C library that a module ``_manylinux`` forbids wheels for (PEP 600)."""
    try:
        import _manylinux  # type: ignore[import-not-found]
    except ImportError:
        return []
    refusals = []
    for minor in range(min(version[1], NEWEST_GLIBC_MINOR) + 1):
        verdict = None
        if hasattr(_manylinux, "manylinux_compatible"):
            verdict = _manylinux.manylinux_compatible(version[0], minor, arch)
        else:
            old = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}.get(minor)
            verdict = getattr(_manylinux, f"{old}_compatible", None) if old else None
        if verdict is not None and not verdict:
            refusals.append(minor)
    return refusals


def c_library() -> dict[str, object]:
    """Return what is known of the C library, on Linux."""
    if platform.system() != "Linux":
        return {}
    version = glibc()
    if version is None:
        return {"musl": musl()}
    return {"glibc": version, "refused": refused(version, sysconfig.get_platform().partition("-")[2])}


def is_debug() -> bool:
    """Return whether this is a debug build of CPython."""
    value = sysconfig.get_config_var("Py_DEBUG")
    if value is None:
        return hasattr(sys, "gettotalrefcount") or "_d.pyd" in importlib.machinery.EXTENSION_SUFFIXES
    return bool(value)


def main() -> None:
    """Print the answer."""
    answer = {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "version": ".".join(map(str, sys.version_info[:3])),
        "implementation": sys.implementation.name,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "has_pip": importlib.util.find_spec("pip") is not None,
        "externally_managed": os.path.isfile(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")),
        "places": sysconfig.get_paths(),
        "sites": [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")],
        "user_site": site.getusersitepackages(),
        "markers": markers(),
        "platform": sysconfig.get_platform(),
        "is_32_bit": sys.maxsize <= 2**32,
        "host": sysconfig.get_config_var("HOST_GNU_TYPE"),
        "c_library": c_library(),
        "nodot": sysconfig.get_config_var("py_version_nodot"),
        "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
        "is_debug": is_debug(),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
