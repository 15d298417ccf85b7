"""What a command does to a state: another state, or the installer's refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.values import BY_NAME, LINUX, distribution, overlaps_of, path_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.state import Applied, Change, Loss, Refusal, State

if TYPE_CHECKING:
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import InstallerName
    from wheelclash.core.overlap import Severity
    from wheelclash.core.role import Role

A = distribution(Wheel("a", files={"m.py": "1", "a.py": ""}))
B = distribution(Wheel("b", files={"m.py": "2"}, requires=["a"]))
OLD = distribution(Wheel("a", "0.9", files={"m.py": "0", "old.py": ""}))


def applied(state: State, change: Change, *distributions: Distribution) -> State:
    """Return the state after a command that is not refused."""
    after = state.apply(change, overlaps_of([*distributions]))
    assert isinstance(after, State)
    return after


def intact(state: State) -> dict[str, str]:
    """Return by name which distributions are intact."""
    assert state.disk is not None
    return {each.name: state.disk.intact(each.id) for each in state.distributions}


def test_each_command_gives_another_state() -> None:
    """Installed in pip's order, then the first is written again, then the other is removed."""
    pip = BY_NAME["pip"]
    empty = State.empty(LINUX)
    both = applied(empty, Change("install", pip, (A, B)), A, B)
    assert intact(both) == {"a": "no", "b": "yes"}
    again = applied(both, Change("reinstall", pip, (A,)), A, B)
    assert intact(again) == {"a": "yes", "b": "no"}
    alone = applied(again, Change("uninstall", pip, (B,)), A, B)
    assert intact(alone) == {"a": "no"}
    assert not empty.distributions
    assert {each.name for each in both.distributions} == {"a", "b"}, "a state does not change"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_older_release_is_replaced(installer: InstallerName) -> None:
    """It goes, and what stays and is required stays."""
    state = State(LINUX, (OLD,))
    assert state.replaced_by([A]) == {A.id: OLD}
    assert state.staying([A]) == ()
    assert state.required_by([B]) == {OLD.id}
    after = applied(state, Change("install", BY_NAME[installer], (A,)), A)
    assert after.distributions == (A,)
    assert after.is_scanned


@pytest.mark.parametrize("action", ["install", "reinstall"])
def test_file_where_a_folder_is_needed_is_refused(action: str) -> None:
    """Whoever of the two is there already."""
    file, folder = distribution(Wheel("f", files={"x": ""})), distribution(Wheel("g", files={"x/y.py": ""}))
    state = State(LINUX, (file,)) if action == "install" else State(LINUX, (file, folder))
    change = Change("install" if action == "install" else "reinstall", BY_NAME["uv"], (folder,))
    refusal = state.apply(change, overlaps_of([file, folder]))
    assert refusal == Refusal("file-directory")
    assert isinstance(refusal, Refusal)
    assert refusal.is_certain


@pytest.mark.parametrize(("role", "severity"), [("module", "error"), ("namespace-init", "none")])
def test_file_that_an_older_release_takes_is_lost_as_what_it_was_judged_to_be(role: Role, severity: Severity) -> None:
    """Pip writes ``c`` before it replaces ``a``, whose RECORD has the file as well."""
    stub: dict[str, bytes | str] = {"p/__init__.py": "# a namespace\n"}
    old, stays = distribution(Wheel("a", "0.9", files=stub)), distribution(Wheel("b", files=stub))
    coming = (distribution(Wheel("a", files={"a.py": ""})), distribution(Wheel("c", files=stub)))
    overlaps = [each._replace(role=role) for each in overlaps_of([*coming, stays])]
    applied = State(LINUX, (old, stays)).play(Change("install", BY_NAME["pip"], coming), overlaps)
    assert isinstance(applied, Applied)
    assert {(each.id, each.path, each.because, each.role, each.severity) for each in applied.lost} == {
        (id_, "site-packages/p/__init__.py", old.id, role, severity) for id_ in (stays.id, coming[1].id)
    }


@pytest.mark.parametrize(("older", "newer"), [("x", "x/y.py"), ("x/y.py", "x")])
def test_older_release_is_in_the_way_of_what_pip_writes_before_its_successor(older: str, newer: str) -> None:
    """Pip writes ``z`` before ``a``; uv removes all that is replaced first."""
    old, successor = distribution(Wheel("a", "0.9", files={older: ""})), distribution(Wheel("a"))
    other = distribution(Wheel("z", files={newer: "", "z.py": ""}))
    state, coming = State(LINUX, (old,)), (successor, other)
    path = path_of(f"site-packages/{newer}")
    role: Role = "module" if newer.endswith(".py") else "package-data"
    loss = Loss(path, other.id, old.id, "fails", role, "error", "in-the-way")
    assert state.apply(Change("install", BY_NAME["pip"], coming)) == Refusal("file-directory", (loss,))
    assert isinstance(state.apply(Change("install", BY_NAME["uv"], coming)), State)


def test_wheel_that_the_installer_refuses_leaves_no_state() -> None:
    """No command of a set with such a wheel ends well."""
    refused = distribution(Wheel("r", files={"r-1.0.data/nonsense/x": ""}))
    assert refused.layouts["uv"].failure is not None
    assert State.empty(LINUX).apply(Change("install", BY_NAME["uv"], (A, refused))) == Refusal("refused")
