"""Tiny wheels that stand in for real ones: the same names, the same overlaps, a few bytes each, for any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .elf import shared_library
from .resolving import buildable
from .wheelmaker import Wheel, variants_json

if TYPE_CHECKING:
    from .loopback import LoopbackIndex

__all__ = [
    "CUDA_RUNTIME",
    "LEVELS",
    "OPENCV",
    "OURS",
    "PAIRS",
    "REFUSED_BY_UV",
    "RELEASES",
    "WBAR",
    "nixl",
    "nixl_itself",
    "serve_everything",
    "serve_pairs",
    "serve_variants",
    "wfoo",
]


_NIXL_SCRIPTS = ("nixl_etcd_example", "nixl_example", "telemetry_reader")


def nixl(cuda: str, version: str) -> Wheel:
    """``nixl-cu12`` or ``nixl-cu13``: same commands, same ``.pc`` file, and up to 1.1.0 one extension module."""
    name = f"nixl_cu{cuda}"
    data = f"{name}-{version}.data"
    files: dict[str, bytes | str] = {
        f"{name}/__init__.py": f"cuda = {cuda}\n",
        f"{data}/data/pkgconfig/asio.pc": "Name: asio\n",
        f"{data}/headers/asio/asio.hpp": f"// {cuda}\n",
    }
    files |= {f"{data}/scripts/{each}": f"#!/bin/sh\n# for CUDA {cuda}\n" for each in _NIXL_SCRIPTS}
    if version == "1.1.0":
        files["nixl_ep/nixl_ep_cpp.cpython-312-x86_64-linux-gnu.so"] = shared_library([f"libcudart.so.{cuda}"])
        files |= {f"nixl_ep/{each}.py": "same = True\n" for each in ("__init__", "buffer", "utils")}
    return Wheel(f"nixl-cu{cuda}", version, files, requires=["numpy"], requires_python=">=3.9", purelib="false")


def nixl_itself(version: str) -> Wheel:
    """``nixl``, which requires both."""
    requires = [f"nixl-cu12=={version}", f"nixl-cu13=={version}"]
    return Wheel(
        "nixl", version, {"nixl/__init__.py": "import nixl_cu12\n"}, requires=requires, requires_python=">=3.9"
    )


def _opencv(name: str, flavour: str) -> Wheel:
    """A build of OpenCV: everything lies in ``cv2/``, much of it the same in every build."""
    files: dict[str, bytes | str] = {
        "cv2/__init__.py": "from .cv2 import *\n",
        "cv2/cv2.abi3.so": b"\x7fELF " + flavour.encode(),
        "cv2/version.py": f"headless = {flavour == 'headless'}\n",
    }
    return Wheel(name, "5.0.0.93", files, requires=["numpy"], requires_python=">=3.6", purelib="false")


CUDA_RUNTIME = Wheel(
    "nvidia-cuda-runtime",
    "13.0.96",
    {"nvidia/cu13/lib/libcudart.so.13": shared_library(soname="libcudart.so.13")},
    purelib="false",
)

_NCCL = "nvidia/nccl/lib/libnccl.so.2"

NCCL = (
    Wheel(
        "nvidia-nccl-cu12",
        "2.29.3",
        {_NCCL: shared_library(soname="libnccl.so.2", exports=["ncclSend"])},
        purelib="false",
    ),
    Wheel(
        "nvidia-nccl-cu13",
        "2.29.7",
        {_NCCL: shared_library(soname="libnccl.so.2", exports=["ncclSend", "ncclCommResume"])},
        purelib="false",
    ),
)
"""One library in two versions; what the older lacks, :data:`TORCH` imports."""

TORCH = Wheel(
    "torch",
    "2.12.0",
    {"torch/lib/libtorch_cuda.so": shared_library(["libnccl.so.2"], imports=["ncclSend", "ncclCommResume"])},
    requires=["nvidia-nccl-cu13==2.29.7"],
    purelib="false",
)

OPENCV = (_opencv("opencv-python", "full"), _opencv("opencv-python-headless", "headless"))

PAIRS: tuple[Wheel, ...] = (
    # an error: module and command differ; one file is the same
    Wheel(
        "left", files={"left.py": "", "shared/core.py": "left\n", "shared/same.py": ""}, scripts={"tool": "left:run"}
    ),
    Wheel(
        "right", files={"right.py": "", "shared/core.py": "right\n", "shared/same.py": ""}, scripts={"tool": "right:x"}
    ),
    # a warning
    Wheel("table-one", files={"table/rows.csv": "1\n"}),
    Wheel("table-two", files={"table/rows.csv": "2\n"}),
    # a notice
    Wheel("twin-one", files={"twin/same.py": "same = True\n"}),
    Wheel("twin-two", files={"twin/same.py": "same = True\n"}),
    # nothing
    Wheel("calm", files={"calm.py": ""}),
    Wheel("lone", files={"lone.py": ""}),
    # projects named like commands
    Wheel("schema", files={"schema.py": ""}),
    Wheel("env", files={"env.py": ""}),
    # not for Linux
    Wheel("elsewhere", files={"elsewhere.py": ""}, tag="cp312-cp312-win_amd64"),
)


LEVELS: dict[str, dict[str, dict[str, list[str]]]] = {
    "null": {},
    **{level: {"x86_64": {"level": [level]}} for level in ("v1", "v3", "v4")},
}
"""The wheel variants of ``wfoo``: labels, and what each is for."""


def wfoo(label: str, *, name: str = "wfoo", version: str = "1.0", **more: Any) -> Wheel:
    """One wheel of a project with wheel variants; those for a processor write a file that ``wbar`` writes too."""
    files = {f"{name}/__init__.py": f"LABEL = {label!r}\n"}
    files |= {"shared_top/clash.py": f"{name} {label}"} if label not in {"", "null"} else {}
    return Wheel(name, version, **{"files": files, "label": label, "properties": LEVELS.get(label)} | more)


WBAR = Wheel("wbar", files={"wbar.py": "", "shared_top/clash.py": "wbar"})


def serve_variants(index: LoopbackIndex) -> None:
    """Put ``wfoo`` with its wheel variants on an index, and ``wbar``."""
    index.add(WBAR, *map(wfoo, ["", *LEVELS]))
    index.add_file("wfoo-1.0-variants.json", variants_json(LEVELS))


OURS = (
    Wheel("our-tools", "2.0", files={"our_tools.py": "", "tests/__init__.py": "import our_tools\n"}),
    Wheel("our-plugin", "2.0", files={"our_plugin.py": "", "tests/__init__.py": "import our_plugin\n"}),
)
"""Two projects with wheels that both hold their tests at the top."""

REFUSED_BY_UV = Wheel("our-admin", "2.0", {"our_admin.py": "", "our_admin-2.0.data/scripts/admin/tool": "#!python\n"})
"""A command in a folder: pip installs it."""


_ENGINE: dict[str, bytes | str] = {"our_engine/__init__.py": ""}
_TESTS: dict[str, bytes | str] = {"tests/__init__.py": "", "tests/test_engine.py": ""}
_HOOK: dict[str, bytes | str] = {"our-engine.pth": "import our_engine.hook\n"}
RELEASES = (
    Wheel("our-engine", "1.0", _ENGINE),
    Wheel("our-engine", "2.0", _ENGINE | _TESTS | _HOOK, scripts={"our-tool": "our_engine:run"}),
    Wheel("our-engine", "3.0", _ENGINE, scripts={"our-tool": "our_engine:run", "our-other-tool": "our_engine:other"}),
)
"""Releases of a project: the second installs more than belongs to it, the third is not published yet."""


def serve_pairs(index: LoopbackIndex) -> None:
    """Put :data:`PAIRS` on an index, and a project without a wheel."""
    index.add(*PAIRS)
    index.add_file("source_only-1.0.tar.gz", b"")


def serve_sources(index: LoopbackIndex) -> None:
    """Put three pairs on an index of which one came as source only, and one archive that is too large to build."""
    index.add(
        Wheel("z3-solver", "5.4.1.0", {"z3/__init__.py": "from .z3 import *"}),
        Wheel("python-telegram-bot", "22.8", {"telegram/__init__.py": "__version__ = '22.8'"}),
        Wheel("databricks-connect", "17.0.0", {"pyspark/__init__.py": "from pyspark.conf import SparkConf"}),
        Wheel("em", "0.3", {"em/__init__.py": "from em.cli import main"}),
    )
    for wheel in (
        Wheel("z3", "0.2.0", {"z3/__init__.py": "import boto"}),
        Wheel("telegram", "0.0.1", {"telegram/__init__.py": "pass"}),
        Wheel("empy", "4.2.1", {"em.py": "__version__ = '4.2.1'"}),
    ):
        index.add_file(*buildable(wheel))
    runtime = "nvidia_cutlass_dsl/lib/libcute_dsl_runtime.so"
    index.add(
        Wheel(
            "nvidia-cutlass-dsl",
            "4.5.2",
            requires=[
                "nvidia-cutlass-dsl-libs-base==4.5.2",
                "nvidia-cutlass-dsl-libs-cu13==4.5.2; extra == 'cu13'",
            ],
            metadata=["Provides-Extra: cu13"],
        ),
        Wheel("nvidia-cutlass-dsl-libs-base", "4.5.2", {runtime: shared_library()}),
        Wheel("nvidia-cutlass-dsl-libs-cu13", "4.5.2", {runtime: shared_library(["libcudart.so.13"])}),
    )
    filename, content = buildable(Wheel("pyspark", "4.0.0", {"pyspark/__init__.py": "from pyspark import conf"}))
    index.add_file(filename, content)
    index.facts(filename).size = 434_000_000


def serve_everything(index: LoopbackIndex) -> None:
    """Put everything here on an index."""
    serve_pairs(index)
    serve_sources(index)
    serve_variants(index)
    versions = ("1.1.0", "1.5.1")
    index.add(
        CUDA_RUNTIME, TORCH, *NCCL, *OPENCV, *(nixl(cuda, version) for cuda in ("12", "13") for version in versions)
    )
    index.add(*RELEASES[:-1])
    index.add(*map(nixl_itself, versions), Wheel("numpy", "2.4.6", {"numpy/__init__.py": ""}, requires_python=">=3.9"))
