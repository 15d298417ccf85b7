"""The plan of a repair, on the model of what a scan found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.installed import Handmade
from wheelclash.core.layout import InstalledPath
from wheelclash.core.plan import Obstacle, Repair, plan_repair
from wheelclash.environment.files import OnDisk
from wheelclash.environment.situation import model_disk, situation_of
from wheelclash.installers import PIP, UV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelclash.environment.scan import Scan

NAMES = ("a", "b", "c", "d")
PATHS = ("m.py", "p/x.py", "p/y.py", "n.so", "share.txt")


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Handmade:
    return Handmade(tmp_path_factory.mktemp("environment"))


def ids(found: Scan, *names: str) -> list[str]:
    by_name = {each.name: each.id for each in found.distributions}
    return [by_name[name] for name in names]


def rounds(found: Scan, repair: Repair) -> list[tuple[str, tuple[str, ...]]]:
    names = {each.id: each.name for each in found.distributions}
    return [
        ("remove" if each.action == "uninstall" else "write", tuple(names[id_] for id_ in each.ids))
        for each in repair.steps
    ]


def test_whole_environment_needs_nothing(made: Handmade) -> None:
    made.add("a", {"m.py": "1", "p/x.py": ""})
    made.add("b", {"p/x.py": "", "n.so": "b"})
    found = made.scan()
    repair = plan_repair(situation_of(found), PIP)
    assert (repair.steps, repair.undecided, repair.losers, repair.is_decided) == ((), (), (), True)


def test_keeper_comes_last_and_only_if_it_lost(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m.py": "2"})
    found = made.scan()
    (a,) = ids(found, "a")
    repair = plan_repair(situation_of(found), PIP, keep=[a])
    assert rounds(found, repair) == [("write", ("a",))]
    assert repair.losers == tuple(ids(found, "b"))
    assert repair.steps[-1].leaves == dict(zip(ids(found, "a", "b"), ("yes", "no"), strict=True))
    assert plan_repair(situation_of(found), PIP, keep=ids(found, "b")).steps == ()


def test_who_must_be_written_for_other_reasons_is_written_before_the_keeper(made: Handmade) -> None:
    """``b`` misses a file of its own; writing it again takes ``m.py`` from ``a``, which then comes after it."""
    made.add("a", {"m.py": "1"})
    made.add("b", {"m.py": "2", "n.so": "b"})
    (made.site / "m.py").write_text("1")
    (made.site / "n.so").unlink()
    found = made.scan()
    repair = plan_repair(situation_of(found), UV, keep=ids(found, "a"))
    assert rounds(found, repair) == [("write", ("b",)), ("write", ("a",))]


def test_nothing_is_undecided_where_one_owner_remains(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m.py": "2"})
    made.add("c", {"m.py": "2"})
    found = made.scan()
    assert [each.owners for each in plan_repair(situation_of(found), PIP).undecided] == [
        tuple(ids(found, "a", "b", "c"))
    ]
    assert plan_repair(situation_of(found), PIP, drop=ids(found, "a")).undecided == ()  # b and c agree
    repair = plan_repair(situation_of(found), PIP, drop=ids(found, "b"))
    assert [each.owners for each in repair.undecided] == [tuple(ids(found, "a", "c"))]
    assert repair.is_decided


def test_ignored_files_stay_as_they_are(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m.py": "2"})
    found = made.scan()
    repair = plan_repair(situation_of(found), PIP, ignored={found.contested[0].overlap.path})
    assert (repair.steps, repair.undecided) == ((), ())


def test_identical_content_that_is_gone_comes_back_once(made: Handmade) -> None:
    made.add("a", {"p/x.py": "same", "m.py": ""})
    made.add("b", {"p/x.py": "same"})
    (made.site / "p" / "x.py").unlink()
    found = made.scan()
    assert rounds(found, plan_repair(situation_of(found), PIP)) == [("write", ("a",))]


def test_namespace_stubs_are_nobodys_loss(made: Handmade) -> None:
    made.add("a", {"p/__init__.py": "", "p/a.py": ""})
    made.add("b", {"p/__init__.py": "__import__('pkg_resources').declare_namespace(__name__)\n", "p/b.py": ""})
    found = made.scan()
    assert plan_repair(situation_of(found), PIP, keep=ids(found, "a")).steps == ()


def test_a_module_hidden_by_a_package_is_told(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m/__init__.py": "2"})
    found = made.scan()
    keeper, other = ids(found, "a", "b")
    hidden = Obstacle(keeper, other, "hidden-module", InstalledPath("site-packages/m.py"))
    assert plan_repair(situation_of(found), PIP, keep=[keeper]).obstacles == (hidden,)
    assert plan_repair(situation_of(found), PIP, keep=ids(found, "a"), drop=ids(found, "b")).obstacles == ()
    assert plan_repair(situation_of(found), PIP, keep=ids(found, "b")).obstacles == ()


def test_every_distribution_that_hides_a_module_is_told(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m/__init__.py": "2", "m/b.py": ""})
    made.add("c", {"m/__init__.py": "2", "m/c.py": ""})
    found = made.scan()
    obstacles = plan_repair(situation_of(found), PIP, keep=ids(found, "a")).obstacles
    assert [each.other for each in obstacles] == ids(found, "b", "c")


def test_every_distribution_whose_code_runs_at_every_start_is_told(made: Handmade) -> None:
    for name in NAMES[1:]:
        made.add(name, {"m.py": name, f"{name}.pth": f"import {name}\n"})
    made.add("a", {"m.py": "1"})
    (made.site / "m.py").write_text("changed")
    found = made.scan()
    obstacles = plan_repair(situation_of(found), PIP, keep=ids(found, "a"), drop=ids(found, "d")).obstacles
    told = [(each.other, each.code, each.path) for each in obstacles]
    assert told == [(id_, "startup-code", f"site-packages/{id_[0]}.pth") for id_ in ids(found, "b", "c")]


def test_a_folder_gets_another_name_when_nothing_else_is_in_it(made: Handmade) -> None:
    """Where case does not matter, it keeps the name of who was written first until all files in it are gone."""
    made.add("a", {"Foo/a.py": "1"})
    (made.site / "foo").symlink_to("Foo")  # here, as if case did not matter
    made.add("b", {"foo/b.py": "2"})
    found = made.scan(ignores_case=True)
    a, b = ids(found, "a", "b")
    (contested,) = found.contested
    found = found._replace(contested=(contested._replace(on_disk=OnDisk("present", (a,), (b,))),))
    assert plan_repair(situation_of(found), PIP, keep=[a]).obstacles == ()
    (obstacle,) = plan_repair(situation_of(found), PIP, keep=[b]).obstacles
    assert (obstacle.keeper, obstacle.other, obstacle.code) == (b, a, "folder-name")
    repair = plan_repair(situation_of(found), PIP, keep=[b], drop=[a])
    assert (rounds(found, repair), repair.obstacles) == ([("remove", ("a",)), ("write", ("b",))], ())


def test_a_file_of_two_names_is_written_again(made: Handmade) -> None:
    """Where case does not matter, whoever was written first lost it."""
    made.add("a", {"p/README": "1"})
    (made.site / "p" / "readme").symlink_to("README")  # here, as if case did not matter
    made.add("b", {"p/readme": "2"})
    found = made.scan(ignores_case=True)
    assert rounds(found, plan_repair(situation_of(found), PIP, keep=ids(found, "a"))) == [("write", ("a",))]
    assert plan_repair(situation_of(found), PIP, keep=ids(found, "b")).steps == ()


CONTENTS = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["1", "2"]), min_size=1)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    recorded=st.fixed_dictionaries(dict.fromkeys(NAMES, CONTENTS)),
    there=st.fixed_dictionaries(dict.fromkeys(PATHS, st.sampled_from(["1", "2", "3", None]))),
    keeper=st.sampled_from([None, *NAMES]),
    gone=st.sampled_from([None, *NAMES]),
    uv=st.booleans(),
)
def test_law(
    tmp_path_factory: pytest.TempPathFactory,
    recorded: Mapping[str, Mapping[str, str]],
    there: Mapping[str, str | None],
    keeper: str | None,
    gone: str | None,
    *,
    uv: bool,
) -> None:
    """Whatever is on disk: keepers end intact, nobody is removed unasked, and planning again finds nothing to do."""
    made = Handmade(tmp_path_factory.mktemp("law"))
    for name, files in recorded.items():
        made.add(name, {path: f"{path}{content}" for path, content in files.items()})
    for path, content in there.items():
        place = made.site / path
        if place.exists():
            place.unlink() if content is None else place.write_text(f"{path}{content}")
    found = made.scan()
    keep = ids(found, keeper) if keeper else []
    drop = ids(found, gone) if gone and gone != keeper else []
    installer = UV if uv else PIP
    repair = plan_repair(situation_of(found), installer, keep=keep, drop=drop)
    assert {id_ for each in repair.steps if each.action == "uninstall" for id_ in each.ids} == set(drop)
    assert not set(repair.reinstalled) & set(drop)
    assert len(set(repair.reinstalled)) == len(repair.reinstalled)
    end = repair.steps[-1].leaves if repair.steps else _intact(found)
    for id_ in keep:
        assert end[id_] == "yes"
    before = _intact(found)
    if not repair.steps or repair.disturbed:
        return
    losers = set(repair.losers)
    for id_, state in before.items():
        if state == "yes" and id_ not in drop and id_ not in losers:
            assert end.get(id_, "yes") == "yes", "somebody was broken who loses nothing to a keeper"


def test_who_has_what_nobody_decided_keeps_it(made: Handmade) -> None:
    """``a`` must be written again, and would take ``m.py`` from ``b``; so ``b`` comes after it."""
    made.add("a", {"m.py": "1", "n.so": "a"})
    made.add("b", {"m.py": "2"})
    made.add("k", {"k.py": ""})
    (made.site / "n.so").unlink()
    found = made.scan()
    for how in ({"keep": ids(found, "k")}, {"ignored": {found.contested[0].overlap.path}}):
        repair = plan_repair(situation_of(found), UV, **how)
        assert rounds(found, repair) == [("write", ("a",)), ("write", ("b",))]
        assert repair.steps[-1].leaves[ids(found, "b")[0]] == "yes"
        assert repair.is_decided


def test_each_step_has_its_command(made: Handmade) -> None:
    made.add("a", {"m.py": "1"})
    made.add("b", {"m.py": "2"})
    found = made.scan()
    repair = plan_repair(situation_of(found), UV, keep=ids(found, "a"), drop=ids(found, "b"))
    assert [(each.command[:3], each.command[-1]) for each in repair.steps] == [
        (("uv", "pip", "uninstall"), "b"),
        (("uv", "pip", "install"), "a==1.0"),
    ]


def test_what_a_drop_takes_from_those_that_remain_must_be_decided(made: Handmade) -> None:
    made.add("b", {"m.py": "2"})
    made.add("c", {"m.py": "3"})
    made.add("a", {"m.py": "1"})
    found = made.scan()
    repair = plan_repair(situation_of(found), PIP, drop=ids(found, "a"))
    assert (repair.disturbed, repair.is_decided) == (("site-packages/m.py",), False)
    assert [each.owners for each in repair.undecided] == [tuple(ids(found, "b", "c"))]
    (made.site / "m.py").write_text("3")
    found = made.scan()
    repair = plan_repair(situation_of(found), PIP, drop=ids(found, "a"))
    assert rounds(found, repair) == [("remove", ("a",)), ("write", ("c",))]
    assert repair.is_decided


def _intact(found: Scan) -> dict[str, str]:
    disk = model_disk(found)
    return {each.id: disk.intact(each.id) for each in found.distributions}
