"""Remedies: what they promise is what their commands leave, and a keeper is always whole in the end."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.values import BY_NAME, LINUX, MACOS, distribution, overlaps_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.disk import Disk
from wheelclash.core.installer import Invocation
from wheelclash.core.plan import Remedy, Step, check_keepers, plan_remedies
from wheelclash.core.state import Action, Change, State, empty_disk
from wheelclash.errors import KeeperError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.installers import InstallerName
    from wheelclash.target.target import Target

INSTALLERS: list[InstallerName] = ["pip", "uv"]
A, B, C = (f"{name}-1.0-py3-none-any.whl" for name in "abc")


def _planned(
    installer: InstallerName, *wheels: Wheel, keep: Sequence[str] = (), target: Target = LINUX
) -> list[Remedy]:
    distributions = [distribution(each, target) for each in wheels]
    overlaps = overlaps_of(distributions, target)
    keepers = check_keepers(keep, distributions, overlaps)
    return list(
        plan_remedies(BY_NAME[installer], distributions, overlaps, target, keepers=keepers, where=Invocation()).remedies
    )


def _strategies(found: Sequence[Remedy]) -> list[tuple[str, list[str]]]:
    return [("".join(id_[0] for id_ in each.keep), [each.strategy]) for each in found]


def _commands(remedy: Remedy) -> list[str]:
    return [" ".join(step.command) for step in remedy.steps]


def _module(name: str, content: str, *requires: str) -> Wheel:
    return Wheel(name, files={"m.py": content}, requires=list(requires))


# -- keepers -------------------------------------------------------------------------------------------------


def _checked(keep: Sequence[str], *wheels: Wheel, target: Target = LINUX) -> list[str]:
    distributions = [distribution(each, target) for each in wheels]
    return check_keepers(keep, distributions, overlaps_of(distributions, target))


def test_keepers_by_name() -> None:
    """Names become ids, each once, in the order given."""
    assert _checked(["b", "a", "b"], _module("a", "1"), _module("b", "1")) == [B, A]
    assert _checked([], _module("a", "1")) == []


def test_keeper_that_is_not_there() -> None:
    """A name outside the set is an error with near names."""
    with pytest.raises(KeeperError, match="nixl-cu14") as caught:
        _checked(["nixl-cu14"], Wheel("nixl-cu13"), Wheel("numpy"))
    assert "nixl-cu13" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other", "target", "path"),
    [
        ({"m.py": "1"}, {"m.py": "2"}, LINUX, "site-packages/m.py"),
        ({"m.pyi": "1"}, {"m.pyi": "2"}, LINUX, "site-packages/m.pyi"),
        ({"x": "1"}, {"x/y": "2"}, LINUX, "site-packages/x"),
        ({"M.py": "1"}, {"m.py": "2"}, MACOS, "site-packages/M.py"),
        ({"m.py": "1"}, {"m/__init__.py": "2"}, LINUX, "site-packages/m.py"),
    ],
)
def test_contradictory_keepers(one: dict[str, str], other: dict[str, str], target: Target, path: str) -> None:
    """Two keepers that cannot both win a path: the error names path and both."""
    wheels = [Wheel("one", files=dict(one)), Wheel("other", files=dict(other)), Wheel("third", files=dict(one))]
    with pytest.raises(KeeperError) as caught:
        _checked(["other", "one"], *wheels, target=target)
    for part in (path, "--keep one", "--keep other"):
        assert part in str(caught.value)
    assert "third" not in str(caught.value)


def test_contradictions_are_counted() -> None:
    """Of several paths one is named and the rest is counted."""
    files = {f"m{number}.py": "" for number in range(5)}
    with pytest.raises(KeeperError, match="and 4 more files"):
        _checked(["a", "b"], Wheel("a", files=dict(files)), Wheel("b", files=dict.fromkeys(files, "x")))


@pytest.mark.parametrize(
    ("one", "other", "target"),
    [
        ({"m.py": "1"}, {"m.py": "1"}, LINUX),
        ({"p/__init__.py": ""}, {"p/__init__.py": "\n"}, LINUX),
        ({"M.py": "1"}, {"m.py": "2"}, LINUX),
    ],
    ids=["identical", "namespace stubs", "two files"],
)
def test_compatible_keepers(one: dict[str, str], other: dict[str, str], target: Target) -> None:
    """Keepers may share what is equal, harmless, or no clash on the target."""
    assert _checked(["a", "b"], Wheel("a", files=dict(one)), Wheel("b", files=dict(other)), target=target) == [A, B]


def test_contradictory_wishes_of_three() -> None:
    """Among three, two that agree may both be kept against the third; the third with neither."""
    wheels = [_module("a", "1"), _module("b", "1"), _module("c", "2")]
    assert _checked(["a", "b"], *wheels) == [A, B]
    for one in ("a", "b"):
        with pytest.raises(KeeperError):
            _checked([one, "c"], *wheels)
    assert {id_ for each in _planned("uv", *wheels, keep=["a", "b"]) for id_ in each.drop} == {C}


# -- the strategies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("installer", "commands"),
    [
        (
            "uv",
            {
                "avoid": ["uv pip install b==1.0"],
                "reinstall-keeper": [
                    "uv pip install a==1.0 b==1.0",
                    "uv pip install --force-reinstall --no-deps b==1.0",
                ],
                "remove-loser": ["uv pip uninstall a", "uv pip install --force-reinstall --no-deps b==1.0"],
            },
        ),
        (
            "pip",
            {
                "avoid": ["pip install b==1.0"],
                "reinstall-keeper": ["pip install a==1.0 b==1.0", "pip install --force-reinstall --no-deps b==1.0"],
                "remove-loser": ["pip uninstall --yes a", "pip install --force-reinstall --no-deps b==1.0"],
            },
        ),
    ],
)
def test_two(installer: InstallerName, commands: dict[str, list[str]]) -> None:
    """The three ways to keep one of two, the gentlest first."""
    found = _planned(installer, _module("a", "1"), _module("b", "2"), keep=["b"])
    assert {each.strategy: _commands(each) for each in found} == commands
    assert [each.strategy for each in found] == list(commands)
    for each in found:
        assert (each.keep, each.drop, each.undecided, each.installer) == ((B,), (A,), 0, installer)
        assert each.result[B] == "yes"


def test_what_each_step_leaves() -> None:
    """Every step tells the state after it, in words and as values, of what is installed then."""
    by_strategy = {each.strategy: each for each in _planned("uv", _module("a", "1"), _module("b", "2"), keep=["b"])}
    first, second = by_strategy["reinstall-keeper"].steps
    assert first.leaves == {A: "undetermined", B: "undetermined"}
    assert "b may be intact or not" in first.why
    assert second.leaves == {A: "no", B: "yes"}
    assert "b is intact" in second.why
    assert "a is not intact" in second.why
    first, second = by_strategy["remove-loser"].steps
    assert (first.leaves, second.leaves) == ({B: "no"}, {B: "yes"})
    assert by_strategy["avoid"].result == {B: "yes"}


def test_without_a_keeper() -> None:
    """One remedy of each kind for each owner of an error or warning; none for a set of notices only."""
    found = _planned("uv", _module("a", "1"), _module("b", "2"), Wheel("c", files={"n.py": "1"}))
    assert [each.keep for each in found] == [(A,)] * 3 + [(B,)] * 3
    assert _planned("uv", _module("a", "1"), _module("b", "1")) == []
    assert _planned("uv", _module("a", "1"), _module("b", "1"), keep=["a"]) == []


def test_needed_losers_cannot_be_avoided() -> None:
    """What a remaining distribution requires would come back; what the keeper itself requires is not removed either."""
    wheels = [_module("a", "1"), _module("b", "2"), Wheel("c", requires=["a"])]
    found = {each.strategy: each for each in _planned("uv", *wheels, keep=["b"])}
    assert set(found) == {"reinstall-keeper", "remove-loser"}
    assert "c requires a" in found["remove-loser"].steps[0].why
    found = {each.strategy: each for each in _planned("uv", _module("a", "1"), _module("b", "2", "a"), keep=["b"])}
    assert set(found) == {"reinstall-keeper"}


def test_file_and_folder_cannot_stand_together() -> None:
    """Where the installation would stop, nothing that installs both is offered."""
    for shared in ({}, {"m.py": "1"}):
        other = dict.fromkeys(shared, "2")
        wheels = [Wheel("a", files={"x": "1", **shared}), Wheel("b", files={"x/y": "1", **other})]
        for keep in ("a", "b"):
            assert [each.strategy for each in _planned("pip", *wheels, keep=[keep])] == ["avoid"]


@pytest.mark.parametrize("keep", ["b", "c"])
def test_what_stops_the_installation_is_in_no_remedy(keep: str) -> None:
    """However little the keeper has to do with it: neither installed, nor said to be installed already."""
    refused = Wheel("a", files={"a-1.0.data/scripts/sub/t": ""})
    pair = [_module("b", "2"), _module("c", "3")]
    assert _planned("uv", refused, *pair, keep=[keep]) == []
    assert len(_planned("pip", refused, *pair, keep=[keep])) == 3
    stopping = [Wheel("d", files={"x": ""}), Wheel("e", files={"x/y": ""})]
    for installer in INSTALLERS:
        assert _planned(installer, *pair, *stopping, keep=[keep]) == []


def test_a_refused_loser_is_avoided() -> None:
    """Where the refused wheel is what is left out, that can be installed."""
    wheels = [Wheel("a", files={"x": ""}), Wheel("b", files={"x/y": ""}), _module("c", "1")]
    assert [each.strategy for each in _planned("uv", *wheels, keep=["a"])] == ["avoid"]


def test_no_step_that_the_model_shows_to_be_needless() -> None:
    """Where pip's order lets the keeper win anyway, it is not written again."""
    wheels = [_module("a", "1"), _module("b", "2")]
    by_keeper = {each.keep: each for each in _planned("pip", *wheels) if each.strategy == "reinstall-keeper"}
    assert _commands(by_keeper[(A,)]) == ["pip install a==1.0 b==1.0"]
    assert len(by_keeper[(B,)].steps) == 2


def test_remove_loser_of_a_hider_is_one_step() -> None:
    """Nothing was shared, so nothing is written again."""
    hidden, hiding = Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m/__init__.py": "2"})
    (remedy,) = [each for each in _planned("uv", hidden, hiding, keep=["a"]) if each.strategy == "remove-loser"]
    assert _commands(remedy) == ["uv pip uninstall b"]


def _of_roots(
    roots: Sequence[str], *distributions: Distribution, keep: Sequence[str] = (), **more: Any
) -> list[Remedy]:
    overlaps = overlaps_of(distributions)
    keepers = check_keepers(keep, distributions, overlaps)
    uv = BY_NAME["uv"]
    return list(
        plan_remedies(
            uv, distributions, overlaps, LINUX, keepers=keepers, where=Invocation(), roots=roots, **more
        ).remedies
    )


def test_a_command_without_what_was_asked_for_names_the_keeper() -> None:
    """The loser is all that was asked for; what it brought is not installed without it, but for the keeper."""
    app = distribution(_module("app", "1", "b", "c"))
    found = _of_roots(["app"], app, distribution(_module("b", "2")), distribution(Wheel("c")), keep=["b"])
    (avoid,) = [each for each in found if each.strategy == "avoid"]
    assert _commands(avoid) == ["uv pip install b==1.0"]
    assert avoid.result == {B: "yes"}


def test_what_was_asked_for_is_kept_first() -> None:
    """Where no keeper is named, the way to keep what the user asked for comes before the others."""
    a, zz = distribution(_module("a", "1")), distribution(_module("zz", "2", "a"))
    assert _of_roots(["zz"], a, zz)[0].keep == (zz.id,)


def test_extras_that_were_asked_for_are_asked_for_again() -> None:
    """Every command that installs the set has what only an extra brings."""
    app = distribution(
        Wheel("app", requires=["b ; extra == 'more'"], metadata=["Provides-Extra: more"]), extras=("more",)
    )
    found = _of_roots(["app"], app, distribution(_module("b", "1")), distribution(_module("c", "2")), keep=["b"])
    assert {_commands(each)[0] for each in found} == {
        "uv pip install app[more]==1.0",
        "uv pip install app[more]==1.0 c==1.0",
        "uv pip uninstall c",
    }


def test_what_is_uninstalled_and_still_required_is_told() -> None:
    """By id of the loser, the names of those that miss it."""
    wheels = [_module("a", "1"), _module("b", "2"), Wheel("c", requires=["a"])]
    unmet = {each.strategy: each.unmet for each in _planned("uv", *wheels, keep=["b"])}
    assert unmet == {"reinstall-keeper": {}, "remove-loser": {A: ("c",)}}


def test_the_whole_set_is_asked_for_as_it_was() -> None:
    """By the file that lists it; without the losers the rest is named. With --no-deps where that was said."""
    set_ = [distribution(_module("a", "1")), distribution(_module("b", "2", "gone"))]
    found = {each.strategy: each for each in _of_roots([], *set_, keep=["b"], whole=("-r", "r.txt"), no_deps=True)}
    assert _commands(found["reinstall-keeper"])[0] == "uv pip install --no-deps -r r.txt"
    assert _commands(found["avoid"]) == ["uv pip install --no-deps b==1.0"]


def test_a_hidden_keeper_is_not_helped_by_writing_it_again() -> None:
    """A module that another's package hides stays hidden however late it is written, whatever else they share."""
    hidden = Wheel("a", files={"m.py": "1"}, scripts={"t": "m:f"})
    hiding = Wheel("b", files={"m/__init__.py": "2"}, scripts={"t": "m:g"})
    assert {each.strategy for each in _planned("uv", hidden, hiding, keep=["a"])} == {"avoid", "remove-loser"}
    assert {each.strategy for each in _planned("uv", hidden, hiding, keep=["b"])} == {
        "avoid",
        "reinstall-keeper",
        "remove-loser",
    }


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_folder_spelt_differently_is_not_helped_by_writing_it_again(installer: InstallerName) -> None:
    """It keeps the name it was made with as long as another distribution has files in it."""
    wheels = [Wheel("a", files={"Foo/a.py": "1"}), Wheel("b", files={"foo/b.py": "2"})]
    found = _planned(installer, *wheels, keep=["b"], target=MACOS)
    assert [(each.strategy, each.drop) for each in found] == [("avoid", (A,)), ("remove-loser", (A,))]
    assert "--force-reinstall" in found[1].steps[-1].command
    found = _planned(installer, *wheels, Wheel("c", files={"foo/c.py": "3"}), keep=["b"], target=MACOS)
    assert [(each.strategy, each.drop) for each in found] == [("avoid", (A,))]
    assert _planned(installer, *wheels, keep=["b"]) == []


def test_the_bystander_is_written_again() -> None:
    """Whoever shares any file with the loser, identical ones included, is written again, in as few commands as do."""
    wheels = [
        Wheel("keeper", files={"m.py": "1", "n.py": "same"}),
        Wheel("loser", files={"m.py": "2", "n.py": "same", "o.py": "same"}),
        Wheel("sharer", files={"n.py": "same"}),
        Wheel("bystander", files={"o.py": "same"}),
        Wheel("stranger", files={"p.py": ""}),
    ]
    found = {each.strategy: each for each in _planned("uv", *wheels, keep=["keeper"])}
    assert _commands(found["remove-loser"]) == [
        "uv pip uninstall loser",
        "uv pip install --force-reinstall --no-deps keeper==1.0 sharer==1.0 bystander==1.0",
    ]
    assert set(found["remove-loser"].result.values()) == {"yes"}
    assert _commands(found["avoid"]) == ["uv pip install keeper==1.0 sharer==1.0 bystander==1.0 stranger==1.0"]


def test_undecided() -> None:
    """Clashes that the keeper has no part in are counted, not touched."""
    wheels = [
        _module("a", "1"),
        _module("b", "2"),
        Wheel("c", files={"n.py": "1", "o.pyi": "1"}),
        Wheel("d", files={"n.py": "2", "o.pyi": "2"}),
    ]
    for each in _planned("uv", *wheels, keep=["a"]):
        assert each.undecided == 2
        assert each.drop == (B,)
    for each in _planned("uv", *wheels, keep=["a", "c"]):
        assert each.undecided == 0


def test_clashes_that_are_settled_on_the_way_are_not_undecided() -> None:
    """Without ``b``, nothing is left of what it shares with ``c``; that its files stay is told where it stays."""
    wheels = [_module("a", "1"), Wheel("b", files={"m.py": "2", "n.py": "2"}), Wheel("c", files={"n.py": "3"})]
    found = _planned("uv", *wheels, keep=["a"])
    assert {each.strategy: each.undecided for each in found} == {"avoid": 0, "reinstall-keeper": 1, "remove-loser": 0}


def test_pins() -> None:
    """Local versions, extras, paths and URLs are named as they are installed."""
    distributions = [
        distribution(Wheel("torch", "2.13.0+cpu", files={"m.py": "1"}), extras=("x",)),
        distribution(Wheel("b", files={"m.py": "2"}), direct=True),
    ]
    overlaps = overlaps_of(distributions)
    found = plan_remedies(BY_NAME["uv"], distributions, overlaps, LINUX, where=Invocation(system=True)).remedies
    commands = {each.keep: each.steps[-1].command for each in found if each.strategy == "reinstall-keeper"}
    start = ("uv", "pip", "install", "--system", "--force-reinstall", "--no-deps")
    assert list(commands.values()) == [
        (*start, "torch[x]==2.13.0+cpu"),
        (*start, "b @ https://files.example/b-1.0-py3-none-any.whl"),
    ]


# -- the laws, over random sets ------------------------------------------------------------------------------

_PATHS = ["m.py", "n.so", "p/__init__.py", "x.json", "m/__init__.py", "M.py", "x.json/y"]
_CONTENTS = ["", "1", "2"]


class _Spec(NamedTuple):
    """A wheel, in few words."""

    files: dict[str, str]
    command: str | None
    requires: set[str]
    phantoms: set[str]


def _possible(files: dict[str, str]) -> dict[str, str]:
    """Without a file where the same wheel has a folder."""
    return {path: text for path, text in files.items() if path != "x.json/y" or "x.json" not in files}


def _specs(*, phantoms: bool) -> st.SearchStrategy[list[_Spec]]:
    listed = st.sets(st.sampled_from(["m.py", "x.json"]), max_size=1) if phantoms else st.just(set[str]())
    spec = st.builds(
        _Spec,
        st.dictionaries(st.sampled_from(_PATHS), st.sampled_from(_CONTENTS), max_size=4).map(_possible),
        st.sampled_from([None, "m:f", "m:g"]),
        st.sets(st.sampled_from(["a", "b", "c", "d", "gone"]), max_size=1),
        listed,
    )
    return st.lists(spec, min_size=2, max_size=4)


def _without_two_spellings(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path != "M.py" or "m.py" not in files}


def _built(specs: Sequence[_Spec], target: Target) -> list[Distribution]:
    return [
        distribution(
            Wheel(
                name,
                files=dict(spec.files),
                scripts={"t": spec.command} if spec.command else {},
                requires=sorted(spec.requires - {name}),
                record_extra=[(path, "", "") for path in sorted(spec.phantoms - spec.files.keys())],
            ),
            target,
        )
        for name, spec in zip("abcd", specs, strict=False)
    ]


_PIN = re.compile(r"([a-e])==(1\.0|0\.9)")


def _play(
    disk: Disk,
    step: Step,
    installer: InstallerName,
    distributions: Sequence[Distribution],
    state: State = State.empty(LINUX),  # noqa: B008 - immutable
) -> Disk:
    """Carry out a printed command on whole layouts, knowing nothing of why it was printed; nothing stops it."""
    coming = [each for each in distributions if each not in state.distributions]
    replaces = {new: old.id for new, old in state.replaced_by(coming).items()}
    by_name = {each.name: each for each in distributions if each.id not in replaces.values()}
    installed = {each.name: each for each in distributions if each.id in disk.records}
    *start, act = step.command[: 3 if installer == "uv" else 2]
    assert start == (["uv", "pip"] if installer == "uv" else ["pip"])
    rest = step.command[len(start) + 1 :]
    flags = {each for each in rest if each.startswith("-")}
    arguments = [each for each in rest if not each.startswith("-")]
    assert arguments
    if act == "uninstall":
        assert flags <= {"--yes"}
        return disk.uninstall([installed[name].id for name in arguments])
    assert act == "install"
    assert flags in (set(), {"--force-reinstall", "--no-deps"}), "reinstalls carry --no-deps, always"
    matches = [_PIN.fullmatch(each) for each in arguments]
    assert all(matches), "every install is pinned"
    wanted = [by_name[match[1]] for match in matches if match]
    if "--force-reinstall" in flags:
        wanted = [installed[match[1]] for match in matches if match]
        assert [each.version for each in wanted] == [match[2] for match in matches if match], "only what is there"
    else:
        there = {each.name for each in distributions if each.id in disk.records and each.version != "1.0"}
        wanted = [each for each in _with_required(wanted, by_name) if each.name not in there or each.id in replaces]
    stays = disk.records.keys() - ({replaces.get(each.id) for each in wanted} if installer == "uv" else set())
    assert not _stops(wanted, [each for each in distributions if each.id in stays], installer)
    rules = BY_NAME[installer]
    action: Action = "reinstall" if "--no-deps" in flags else "install"
    return disk.install(
        {each.id: each.layouts[installer] for each in wanted},
        state.order(Change(action, rules, tuple(wanted))),
        removes_all_first=rules.removes_all_first,
        replaces=replaces,
    )


def _with_required(wanted: Sequence[Distribution], by_name: Mapping[str, Distribution]) -> list[Distribution]:
    """What an installer brings along."""
    names = {each.name for each in wanted}
    while more := {name for one in names for name in by_name[one].requirements.names & by_name.keys()} - names:
        names |= more
    return [by_name[name] for name in sorted(names)]


def _stops(wanted: Sequence[Distribution], there: Sequence[Distribution], installer: InstallerName) -> bool:
    """Whether a wheel is refused, or a file lies where another distribution needs a folder.

    pip may write one distribution before it removes the older release of another.
    """
    ids = {each.id for each in wanted}
    owners: dict[str, set[str]] = {}
    for each in (*there, *wanted):
        for path in each.layouts[installer].files:
            owners.setdefault(path, set()).add(each.id)
    clashes = [
        (below, owners[str(folder)])
        for path, below in owners.items()
        for folder in PurePosixPath(path).parents
        if str(folder) in owners and len({name.partition("-")[0] for name in below | owners[str(folder)]}) > 1
    ]
    return any(each.layouts[installer].failure for each in wanted) or any(
        not ids.isdisjoint(one | other) for one, other in clashes
    )


def _start(remedy: Remedy, distributions: Sequence[Distribution], target: Target) -> Disk:
    """``remove-loser`` is for an environment in which all are installed; the others begin with an empty one."""
    disk = empty_disk(target)
    if remedy.strategy == "remove-loser":
        rules = BY_NAME[remedy.installer]
        assert not _stops(distributions, (), remedy.installer)
        disk = disk.install(
            {each.id: each.layouts[remedy.installer] for each in distributions},
            rules.order(distributions, with_dependencies=True),
            removes_all_first=rules.removes_all_first,
        )
    return disk


def _states(disk: Disk, overlaps: Sequence[Overlap], remedy: Remedy) -> dict[str, Intact]:
    """Who is intact, of what is installed and has a part in an overlap or is a keeper."""
    touched = {id_ for overlap in overlaps if remedy.installer in overlap.installers for id_ in overlap.ids}
    touched.update(remedy.keep)
    return {id_: disk.intact(id_) for id_ in disk.records if id_ in touched}


@settings(max_examples=100)
@given(_specs(phantoms=True), st.sampled_from(INSTALLERS), st.booleans())
def test_every_single_keeper(specs: list[_Spec], installer: InstallerName, sensitive: bool) -> None:  # noqa: FBT001
    """Playing the printed commands leaves what they promise, step by step, and in the end the keeper whole."""
    target = LINUX if sensitive else MACOS
    if not sensitive:  # no phantoms under another spelling, no wheel that overwrites itself
        specs = [each._replace(files=_without_two_spellings(each.files), phantoms=set()) for each in specs]
    distributions = _built(specs, target)
    overlaps = overlaps_of(distributions, target)
    found = plan_remedies(BY_NAME[installer], distributions, overlaps, target, where=Invocation()).remedies
    for remedy in found:
        (keeper,) = remedy.keep
        disk = _start(remedy, distributions, target)
        for step in remedy.steps:
            disk = _play(disk, step, installer, distributions)
            assert keeper in disk.records, "no step drops a keeper"
            assert step.leaves == _states(disk, overlaps, remedy)
        assert remedy.result[keeper] == "yes"
        assert keeper not in remedy.drop
        if remedy.strategy != "reinstall-keeper":
            assert not set(remedy.drop) & disk.records.keys()
    grave = {id_ for each in overlaps if installer in each.installers and each.severity in {"error", "warning"}
             for id_ in each.ids}  # fmt: skip
    assert {remedy.keep[0] for remedy in found} <= grave


@settings(max_examples=100)
@given(_specs(phantoms=False), st.sampled_from(INSTALLERS), st.sets(st.sampled_from("abcd"), min_size=2, max_size=3))
def test_several_keepers(specs: list[_Spec], installer: InstallerName, keep: set[str]) -> None:
    """Several keepers are all whole in the end, or contradict each other."""
    distributions = _built(specs, LINUX)
    names = sorted(keep & {each.name for each in distributions})
    assume(len(names) > 1)
    overlaps = overlaps_of(distributions)
    try:
        keepers = check_keepers(names, distributions, overlaps)
    except KeeperError:
        return
    for remedy in plan_remedies(
        BY_NAME[installer], distributions, overlaps, LINUX, keepers=keepers, where=Invocation()
    ).remedies:
        assert remedy.keep == tuple(keepers)
        assert not set(remedy.drop) & set(keepers)
        disk = _start(remedy, distributions, LINUX)
        for step in remedy.steps:
            disk = _play(disk, step, installer, distributions)
            assert step.leaves == _states(disk, overlaps, remedy)
        for keeper in keepers:
            assert remedy.result[keeper] == "yes"


_RESIDENT_FILES = st.dictionaries(st.sampled_from(_PATHS[:5]), st.sampled_from(_CONTENTS), max_size=3).map(_possible)


@settings(max_examples=100)
@given(
    _specs(phantoms=False),
    st.lists(_RESIDENT_FILES, min_size=1, max_size=3),
    st.booleans(),
    st.sets(st.sampled_from(_PATHS[:4]), max_size=1),
    st.sampled_from(INSTALLERS),
)
def test_remedies_beside_what_is_installed(
    specs: list[_Spec],
    installed: list[dict[str, str]],
    replaces: bool,  # noqa: FBT001
    gone: set[str],
    installer: InstallerName,
) -> None:
    """Over what is there, clashing and damaged as it is: no step is refused, and in the end every keeper is whole."""
    rules = BY_NAME[installer]
    newcomers = _built(specs[:2], LINUX)
    names = ["a", *"cde"] if replaces else [*"cde"]
    there = [distribution(Wheel(name, "0.9", files=dict(files))) for name, files in zip(names, installed, strict=False)]
    disk = empty_disk(LINUX)
    for each in there:
        assume(not _stops([each], [one for one in there if one.id in disk.records], installer))
        disk = disk.install({each.id: each.layouts[installer]}, rules.order([each], with_dependencies=False),
                            removes_all_first=True)  # fmt: skip
    lost: dict[InstalledPath, frozenset[str | None]] = {
        path: frozenset({None}) for path in disk.contents if path.removeprefix("site-packages/") in gone
    }
    disk = Disk({**disk.contents, **lost}, disk.records)
    older = {new.id: old for new in newcomers for old in there if old.name == new.name}
    stay = [each for each in there if each not in older.values()]
    holders = {path: sorted(disk.holders(path) or ()) for path in disk.contents}
    state = State(LINUX, tuple(there), {path: ids[0] if ids else None for path, ids in holders.items()})
    everybody = [*newcomers, *stay]
    new = {each.id for each in newcomers}
    overlaps = [each for each in overlaps_of(everybody) if new.intersection(each.ids)]
    taken = diagnose(rules, newcomers, overlaps, LINUX, state=state).taken
    for remedy in plan_remedies(
        rules, newcomers, overlaps, LINUX, where=Invocation(), state=state, taken=taken
    ).remedies:
        end = disk
        for step in remedy.steps:
            end = _play(end, step, installer, [*everybody, *older.values()], state)
        for keeper in remedy.keep:
            assert end.intact(keeper) == "yes", (remedy, end)


def test_whoever_agrees_with_the_keeper_is_no_loser() -> None:
    """Three owners, two of one mind: keeping one of these takes nothing from the other."""
    wheels = [_module("a", "1"), _module("b", "2"), _module("c", "1")]
    found = _planned("uv", *wheels, keep=["a"])
    assert {each.drop for each in found} == {(B,)}
    assert {each.result.get(C) for each in found} == {"yes"}
