"""One project, its wheels, and what it comes down to on some targets: what every lock format has to agree on.

The names are made up, so that no real index has them.
"""

from __future__ import annotations

from tests.support.wheelmaker import Wheel

__all__ = ["EXPECTED", "INDEX", "OLD_PYPROJECT", "PYPROJECT", "WHEELS", "expected"]

INDEX = "http://127.0.0.1:1"
"""What stands for the loopback index in the fixtures; nothing listens there."""

_PLATFORMS = ("manylinux_2_17_x86_64", "musllinux_1_2_x86_64", "macosx_11_0_arm64", "win_amd64")

WHEELS = (
    Wheel("wc-core", "1.0", requires=["wc-shared>=1", "wc-windows; sys_platform == 'win32'"]),
    Wheel("wc-core", "0.9"),
    Wheel("wc-shared", "1.5"),
    Wheel("wc-windows", "1.0", tag="py3-none-win_amd64", purelib="false"),
    Wheel("wc-util", "1.0", requires=["wc-speed; extra == 'fast'", "wc-never; extra == 'slow'"],
          metadata=["Provides-Extra: fast", "Provides-Extra: slow"]),
    Wheel("wc-never", "1.0"),
    Wheel("wc-speed", "1.0"),
    Wheel("wc-speed", "1.0", tag="cp310-abi3-manylinux_2_17_x86_64", purelib="false"),
    Wheel("wc-old", "1.0"),
    Wheel("wc-forked", "1.0"),
    Wheel("wc-forked", "2.0"),
    Wheel("wc-gpu", "1.0", requires=["wc-shared", "wc-cuda; sys_platform == 'linux' and platform_machine == 'x86_64'"]),
    Wheel("wc-cuda", "12.0", tag="py3-none-manylinux_2_17_x86_64", purelib="false"),
    Wheel("wc-pages", "1.0"),
    Wheel("wc-tests", "1.0"),
    Wheel("wc-lint", "1.0"),
    *(
        Wheel("wc-native", "1.0", tag=f"cp3{minor}-cp3{minor}-{platform}", purelib="false")
        for minor in (10, 11, 12, 13)
        for platform in _PLATFORMS
    ),
)  # fmt: skip
"""What the index has; of some projects more than one version."""

PYPROJECT = """\
[project]
name = "shop"
version = "0.1"
requires-python = ">=3.10"
dependencies = [
    "wc-core>=1",
    "wc-native",
    "wc-util[fast]",
    "wc-old; python_version < '3.11'",
    "wc-forked<2; python_version < '3.12'",
    "wc-forked>=2; python_version >= '3.12'",
]

[project.optional-dependencies]
gpu = ["wc-gpu"]
pages = ["wc-pages"]

[dependency-groups]
dev = ["wc-tests"]
lint = ["wc-lint"]

[tool.poetry]
package-mode = false

[tool.poetry.group.lint]
optional = true

[[tool.poetry.source]]
name = "loopback"
url = "{index}/simple/"
priority = "primary"

[[tool.pdm.source]]
name = "pypi"
url = "{index}/simple/"
verify_ssl = false
"""
"""The project every tool locked; ``{index}`` is the loopback index."""

OLD_PYPROJECT = """\
[tool.poetry]
name = "shop"
version = "0.1"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.10"
wc-core = ">=1"
wc-native = "*"
wc-util = { version = "*", extras = ["fast"] }
wc-old = { version = "*", python = "<3.11" }
wc-forked = [
    { version = "<2", python = "<3.12" },
    { version = ">=2", python = ">=3.12" },
]
wc-gpu = { version = "*", optional = true }
wc-pages = { version = "*", optional = true }

[tool.poetry.extras]
gpu = ["wc-gpu"]
pages = ["wc-pages"]

[tool.poetry.dev-dependencies]
wc-tests = "*"

[[tool.poetry.source]]
name = "loopback"
url = "{index}/simple/"
{priority}
"""
"""The same project for poetry before 2; ``{priority}`` makes the source the only one, however that version says so."""

EXPECTED: dict[tuple[str, str], tuple[str, ...]] = {
    ("3.12", "linux"): (
        "wc_core-1.0-py3-none-any.whl",
        "wc_forked-2.0-py3-none-any.whl",
        "wc_native-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "wc_shared-1.5-py3-none-any.whl",
        "wc_speed-1.0-cp310-abi3-manylinux_2_17_x86_64.whl",
        "wc_util-1.0-py3-none-any.whl",
    ),
    ("3.10", "musllinux_1_2_x86_64"): (
        "wc_core-1.0-py3-none-any.whl",
        "wc_forked-1.0-py3-none-any.whl",
        "wc_native-1.0-cp310-cp310-musllinux_1_2_x86_64.whl",
        "wc_old-1.0-py3-none-any.whl",
        "wc_shared-1.5-py3-none-any.whl",
        "wc_speed-1.0-py3-none-any.whl",
        "wc_util-1.0-py3-none-any.whl",
    ),
    ("3.13", "windows"): (
        "wc_core-1.0-py3-none-any.whl",
        "wc_forked-2.0-py3-none-any.whl",
        "wc_native-1.0-cp313-cp313-win_amd64.whl",
        "wc_shared-1.5-py3-none-any.whl",
        "wc_speed-1.0-py3-none-any.whl",
        "wc_util-1.0-py3-none-any.whl",
        "wc_windows-1.0-py3-none-win_amd64.whl",
    ),
    ("3.11", "macos"): (
        "wc_core-1.0-py3-none-any.whl",
        "wc_forked-1.0-py3-none-any.whl",
        "wc_native-1.0-cp311-cp311-macosx_11_0_arm64.whl",
        "wc_shared-1.5-py3-none-any.whl",
        "wc_speed-1.0-py3-none-any.whl",
        "wc_util-1.0-py3-none-any.whl",
    ),
}
"""By Python and platform: the files of the project's own dependencies, without extras and groups."""

EXTRA: dict[str, tuple[str, ...]] = {
    "dev": ("wc_tests-1.0-py3-none-any.whl",),
    "lint": ("wc_lint-1.0-py3-none-any.whl",),
    "pages": ("wc_pages-1.0-py3-none-any.whl",),
    "gpu": ("wc_gpu-1.0-py3-none-any.whl",),
}
"""What groups and extras add on every target."""


def expected(at: tuple[str, str], *also: str) -> set[str]:
    """The files of the project on a target, with some of its groups and extras."""
    found = {*EXPECTED[at], *(file for each in also for file in EXTRA[each])}
    if "gpu" in also and at[1] == "linux":
        found.add("wc_cuda-12.0-py3-none-manylinux_2_17_x86_64.whl")
    return found
