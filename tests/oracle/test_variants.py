"""Wheel variants compared with what real uv and real pip do with them, from one index on the loopback."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv

from tests.oracle.test_fix import commands, state
from tests.support.command import Command
from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import LEVELS, serve_variants, wfoo
from tests.support.wheelmaker import Wheel, variants_json
from wheelclash import IndexOptions, Report, Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.environments import Environment, Environments

pytestmark = pytest.mark.oracle

PREVIEW = ("--preview-features", "wheel-variants")
CUDA = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"


@dataclass
class Shop:
    """A real environment, an index, and both installers."""

    environment: Environment
    index: LoopbackIndex
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *line: str) -> subprocess.CompletedProcess[str]:
        own = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIP_", "NV_"))}
        own |= {"UV_CACHE_DIR": str(self.folder / "uv"), "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "*"}
        return subprocess.run(line, env=own | self.variables, capture_output=True, text=True, check=False, timeout=60)

    def uv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--no-config", "--python", str(self.environment.python), "--default-index", self.index.simple)
        return self.run(uv.find_uv_bin(), "pip", "install", *where, *arguments)

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--python", str(self.environment.python), "--index-url", self.index.simple, "--no-cache-dir")
        return self.run(
            sys.executable, "-m", "pip", "install", *where[2:], "--target", str(self.folder / "t"), *arguments
        )

    @property
    def site(self) -> Path:
        return self.environment.prefix / self.environment.real_path("site-packages", "")

    def installed(self, name: str, version: str = "1.0") -> str | None:
        """The label of what is installed, by its own word; None for a plain wheel."""
        path = self.site / f"{name}-{version}.dist-info" / "variant.json"
        (label,) = json.loads(path.read_bytes())["variants"] if path.exists() else (None,)
        return label if label is None else str(label)

    def check(self, *requirements: str, **more: Any) -> Report:
        with Session(cache_dir=None) as session:
            session.fetcher.trust_env = False
            options: Mapping[str, Any] = {
                "interpreter": self.environment.python,
                "index": IndexOptions(index_url=self.index.simple),
                "use_config": False,
                "environ": {"UV_CACHE_DIR": str(self.folder / "uv"), **self.variables},
                "installer": "uv",
            }
            return session.check(requirements, **{**options, **more})


@pytest.fixture
def shop(environments: Environments, tmp_path: Path) -> Iterator[Shop]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        serve_variants(index)
        yield Shop(environments.new(), index, tmp_path)


def gpu(label: str) -> Wheel:
    return Wheel("gpu", label=label, properties=GPU.get(label), files={"gpu.py": label, "shared_top/clash.py": label})


GPU: dict[str, dict[str, dict[str, list[str]]]] = {
    "null": {},
    "cu12": {"nvidia": {"cuda_version_lower_bound": ["12.0"], "cuda_version_upper_bound": ["13"]}},
    "cu13": {"nvidia": {"cuda_version_lower_bound": ["13.0"]}},
}


NEWER = variants_json(LEVELS).replace(b"v0.1.1", b"v9.0")


def test_the_first_variant_is_what_uv_installs(shop: Shop) -> None:
    """And where that is said to clash, one of two files is gone; where not, none is."""
    report = shop.check("wfoo", "wbar")
    assert shop.uv(*PREVIEW, "wfoo", "wbar").returncode == 0
    label = shop.installed("wfoo")
    assert report.targets[0].variants[0].label == label
    assert label == "v1" or platform.machine() != "x86_64" or label in LEVELS
    clashes = [overlap.path for overlap in report.overlaps if 0 in overlap.targets and overlap.severity == "error"]
    assert clashes == ([] if label in {None, "null"} else ["shared_top/clash.py"])


@pytest.mark.parametrize(("driver", "label"), [("11.8", "null"), ("13.0", "cu13")])
def test_another_machine_can_be_asked_about(shop: Shop, driver: str, label: str) -> None:
    shop.index.add(*map(gpu, ["", *GPU]))
    shop.index.add_file("gpu-1.0-variants.json", variants_json(GPU))
    shop.variables[CUDA] = driver
    report = shop.check("gpu", "wbar")
    assert shop.uv(*PREVIEW, "gpu").returncode == 0
    assert (report.targets[0].variants[0].label, shop.installed("gpu")) == (label, label)


def test_without_the_preview_feature_the_plain_wheel_is_taken(shop: Shop) -> None:
    assert shop.uv("wfoo").returncode == 0
    assert shop.installed("wfoo") is None
    assert shop.pip("wfoo").returncode == 0
    assert not (shop.folder / "t" / "wfoo-1.0.dist-info" / "variant.json").exists()


def test_variants_alone_are_for_uv_with_its_preview_feature(shop: Shop) -> None:
    (shop.index.folder / wfoo("").filename).unlink()
    assert shop.pip("wfoo").returncode != 0
    assert "only unsupported wheel variants" in shop.uv("wfoo").stderr
    assert shop.uv(*PREVIEW, "wfoo").returncode == 0
    report = shop.check("wfoo", "wbar")
    assert {target.variants[0].label for target in report.targets} == {*LEVELS}
    assert report.targets[0].variants[0].label == shop.installed("wfoo")


def test_the_commands_install_what_they_name(shop: Shop) -> None:
    """As a path or a URL uv takes a labelled wheel under its preview feature alone, and pip none at all."""
    for label in ("v3", "null"):
        report = shop.check("wfoo", "wbar", variants=[label], keep=["wfoo"] if label == "v3" else [])
        for remedy in report.remedies[:1]:
            command = [*remedy.steps[0].command]
            assert shop.run(uv.find_uv_bin(), *command[1:], "--no-config", "--reinstall").returncode == 0
            assert shop.installed("wfoo") == label
    path = str(shop.index.folder / wfoo("v3").filename)
    assert shop.uv("--reinstall", path).returncode != 0
    assert shop.pip("--upgrade", path).returncode != 0
    assert shop.uv(*PREVIEW, "--reinstall", path).returncode == 0


@pytest.mark.parametrize(
    ("content", "takes"), [(None, False), (b"{", False), (NEWER, True)], ids=["none", "odd", "newer"]
)
def test_uv_takes_no_variant_that_is_not_described(shop: Shop, content: bytes | None, takes: bool) -> None:  # noqa: FBT001
    """So the finding says. Of a schema with another major version it says that nothing is known; uv does not look."""
    path = shop.index.folder / "wfoo-1.0-variants.json"
    path.unlink()
    if content is not None:
        shop.index.add_file(path.name, content)
    report = shop.check("wfoo", "wbar")
    codes = {each.variant: {finding.code for finding in each.findings} for each in report.distributions}
    assert all("variant-index" in codes[label] for label in LEVELS)
    shop.uv(*PREVIEW, "wfoo")
    assert (shop.installed("wfoo") is not None) is takes


def test_markers_on_variants_are_refused_by_both(shop: Shop) -> None:
    wheel = Wheel("marked", files={"marked.py": ""}, requires=['wbar; "x86_64" in variant_namespaces'])
    shop.index.add(wheel)
    assert shop.pip("marked").returncode != 0
    assert shop.uv(*PREVIEW, "marked").returncode != 0
    report = shop.check("marked", "wbar")
    assert "variant-marker" in {finding.code for each in report.distributions for finding in each.findings}


@pytest.mark.parametrize("source", ["index", "path"])
def test_a_repair_writes_the_same_variant_again(shop: Shop, source: str) -> None:
    """And pip's is refused: it would write another build."""
    wheel = str(shop.index.folder / wfoo("v3").filename) if source == "path" else "wfoo"
    shop.variables["UV_PREVIEW_FEATURES"] = "wheel-variants"
    if source == "index":
        for label in ("v1", "v4", "null"):
            (shop.index.folder / wfoo(label).filename).unlink()
        shop.index.add_file("wfoo-1.0-variants.json", variants_json({"v3": {"any": {"level": ["v3"]}}}))
        shop.index.add(wfoo("v3", properties={"any": {"level": ["v3"]}}))
    assert shop.uv(wheel).returncode == 0
    assert shop.installed("wfoo") == "v3"
    assert shop.uv("wbar").returncode == 0
    (shop.folder / "home").mkdir()
    ask = Command(shop.folder / "home", shop.index.simple, {"UV_CACHE_DIR": str(shop.folder / "uv"), **shop.variables})
    fix = ("fix", "--python", str(shop.environment.python), "--keep", "wfoo", "--format", "json")
    by_pip = ask(*fix, "--installer", "pip", "--apply")
    assert (by_pip.code, by_pip.json["state"], by_pip.json["steps"]) == (2, "no-wheel", [])
    assert "pip cannot install" in by_pip.json["origins"][0]["reason"]
    ran = ask(
        *fix, "--installer", "uv", "--apply", PATH=os.pathsep.join([str(Path(uv.find_uv_bin()).parent), os.defpath])
    )
    assert (ran.code, ran.json["state"], state(ran)["wfoo"]) == (0, "mended", "yes"), ran.out
    assert [*PREVIEW] == [part for part in commands(ran)[0] if part in PREVIEW]
    assert shop.installed("wfoo") == "v3"
    assert (shop.site / "shared_top" / "clash.py").read_text() == "wfoo v3"
