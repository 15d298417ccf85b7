"""pip that was imported before and forked leaves, says and returns what pip in a new process does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support import environments as support
from tests.support.environments import RealInstaller
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environments, Outcome

pytestmark = pytest.mark.oracle

_DATA = "one-1.0.data"
ONE = Wheel(
    "one",
    files={
        "p/m.py": "1",
        "one.py": "",
        f"{_DATA}/data/share/x": "x",
        f"{_DATA}/headers/x.h": "",
        f"{_DATA}/scripts/x": "#!python\n",
    },
    scripts={"tool": "one:run"},
    requires=["two"],
)
TWO = Wheel("two", files={"p/m.py": "2", "two.py": "", "two-1.0.data/purelib/z.py": ""}, scripts={"tool": "two:run"})
NEWER = Wheel("two", "2.0", files={"two.py": "2"})
REFUSED = Wheel("refused", files={"refused.py": "", "refused-1.0.data/odd/x": ""})
ANNOUNCING = "import sys; print('a path file ran', sys.prefix, sys.executable)\n"


def _story(environments: Environments, folder: Path) -> list[tuple[int, str, dict[str, bytes]]]:
    """Run commands that succeed, fail and are refused, and return what each returned, said and left."""
    environment = environments.new()
    pip = RealInstaller("pip", folder / "cache", folder / "wheels")
    site = environment.prefix / environment.real_path("site-packages", "")
    seen = []

    def note(outcome: Outcome) -> None:
        folder = re.compile(re.escape(str(environment.prefix)))
        left = {path: content for path, content in environment.snapshot().items() if not path.endswith("/RECORD")}
        records = {path: b"\n".join(sorted(each.split(b",")[0] for each in content.splitlines()))
                   for path, content in environment.snapshot().items() if path.endswith("/RECORD")}  # fmt: skip
        said = re.sub(
            r"(a path file ran .*\n)\1+", r"\1", folder.sub("<prefix>", outcome.output)
        )  # some Pythons run it twice
        seen.append((outcome.returncode, said, left | records))

    note(pip.install(environment, ["one"]))
    note(pip.install(environment, ["two==1.0"], "--force-reinstall", "--no-deps"))
    (site / "announcing.pth").write_text(ANNOUNCING)
    note(pip.run(environment, ["list"]))
    note(pip.install(environment, ["two==2.0"]))
    (site / "announcing.pth").unlink()
    note(pip.install(environment, ["refused"]))
    note(pip.install(environment, ["nowhere"]))
    note(pip.install(environment, ["two==1.0"], "--no-such-option"))
    note(pip.install(environment, ["one", "two==1.0"], "--target", str(environment.prefix / "target")))
    printed = ["pip", "--python", str(environment.python)]
    note(pip.run_printed(environment, [*printed, "install", "--force-reinstall", "--no-deps", "one", "two==1.0"]))
    note(pip.run_printed(environment, [*printed, "install", "nowhere"]))
    note(pip.uninstall(environment, ["one", "unknown"]))
    note(pip.uninstall(environment, ["two"]))
    return seen


def test_forked_pip_does_what_a_new_process_does(
    environments: Environments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wheel in (ONE, TWO, NEWER, REFUSED):
        wheel.write(tmp_path / "wheels")
    forked = _story(environments, tmp_path)
    assert {returncode for returncode, _, _ in forked} == {0, 1, 2}
    monkeypatch.setattr(support, "_COLD", True)
    new = _story(environments, tmp_path)
    for number, (one, other) in enumerate(zip(forked, new, strict=True)):
        assert one == other, number
