"""Questions about content, and what their answers and the requirements between owners change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.values import LINUX, MACOS, WINDOWS, command, distribution, layout, layouts, overlaps_of, written
from tests.support.wheelmaker import Wheel
from wheelclash.core.content import INIT_LIMIT, SMALLEST_BINARY, Answer, Answers
from wheelclash.core.overlap import Overlap, find_overlaps, in_order, judge, questions

if TYPE_CHECKING:
    from wheelclash.core.layout import InstalledFile
    from wheelclash.core.overlap import Severity
    from wheelclash.core.role import Role

INIT = "site-packages/p/__init__.py"


def _overlaps(*files: InstalledFile) -> list[Overlap]:
    return find_overlaps({f"o{number}": layout(file) for number, file in enumerate(files)}, LINUX)


def _answers(*given: Answer | None, path: str = INIT) -> Answers:
    return {(f"o{n}", f"in-wheel/{path}"): each for n, each in enumerate(given) if each is not None}


def _never(one: str, other: str) -> bool:
    del one, other
    return False


INITS = (written(INIT, "1"), written(INIT, "2"))
STUB, VERSION, OTHER = Answer(stub=True, code="s"), Answer(code="v"), Answer(code="o")


@pytest.mark.parametrize(
    ("given", "role", "severity"),
    [
        ((STUB, STUB), "namespace-init", "none"),
        ((STUB, Answer(stub=True, code="other")), "namespace-init", "none"),
        ((VERSION, VERSION), "namespace-init", "none"),
        ((STUB, VERSION), "module", "error"),
        ((VERSION, OTHER), "module", "error"),
        ((STUB, None), "module", "error"),
        ((Answer(), Answer()), "module", "error"),
        ((None, None), "module", "error"),
    ],
    ids=["stubs", "two stubs", "one code", "stub and code", "two codes", "one unread", "no Python", "unread"],
)
def test_inits(given: tuple[Answer | None, ...], role: Role, severity: Severity) -> None:
    """Only where every owner's file was read and is a stub, or all parse to the same, is the overlap harmless."""
    (found,) = judge(_overlaps(*INITS), _answers(*given), _never)
    assert (found.role, found.severity) == (role, severity)


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        pytest.param(INITS, {"o0", "o1"}, id="two small inits"),
        pytest.param((written(INIT, "1"), written(INIT, "1")), set(), id="equal ones need no reading"),
        pytest.param((written(INIT, ""), written(INIT, "\n")), set(), id="known stubs need no reading"),
        pytest.param((written(INIT, "1"), written(INIT, "2", size=INIT_LIMIT)), {"o0", "o1"}, id="as large as allowed"),
        pytest.param((written(INIT, "1"), written(INIT, "2", size=INIT_LIMIT + 1)), set(), id="one too large"),
        pytest.param(
            (written("site-packages/m.py", "1"), written("site-packages/m.py", "2")), set(), id="an ordinary module"
        ),
        pytest.param((written("scripts/t", "1", size=9), written("scripts/t", "2", size=9)), set(), id="small scripts"),
        pytest.param(
            (written("scripts/t", "1"), written("scripts/t", "2", size=SMALLEST_BINARY)), {"o1"}, id="a large command"
        ),
        pytest.param(
            (written("scripts/t", "1", size=SMALLEST_BINARY + 1), written("scripts/t", "2", size=SMALLEST_BINARY)),
            {"o0"},
            id="the larger of two commands",
        ),
        pytest.param((written(INIT, None), written(INIT, "1")), {"o0", "o1"}, id="contents that may be one"),
        pytest.param(
            (written("scripts/t", "1", size=SMALLEST_BINARY), command("t")), {"o0"}, id="a generated one has no bytes"
        ),
        pytest.param((command("t"), command("t", "m:g")), set(), id="two generated commands"),
    ],
)
def test_questions(files: tuple[InstalledFile, ...], asked: set[str]) -> None:
    """Only what could change a verdict is asked for: one large command, or all of the small inits."""
    found = questions(_overlaps(*files))
    assert {each.owner for each in found} == asked
    for each in found:
        assert each.digest == files[int(each.owner.removeprefix("o"))].content
        assert each.about == ("command" if each.member.startswith("in-wheel/scripts/") else "init")


def test_an_overlap_that_asks_nothing_hides_no_question_of_another() -> None:
    silent = _overlaps(written("site-packages/m.py", "1"), written("site-packages/m.py", "2"))
    assert len(questions([*silent, *_overlaps(*INITS)])) == 2


def test_a_question_once() -> None:
    """A member is asked for once, however many overlaps it is part of."""
    overlaps = _overlaps(*INITS)
    assert len(questions(overlaps * 3)) == 2


def test_pairs_and_phantoms_ask_nothing() -> None:
    """Content decides nothing about pairs of paths, nor about a path that one only lists."""
    placed = layouts(a={INIT: "1", "site-packages/x": "1"}, b={"site-packages/x/y": "1"})
    placed["c"] = layout(phantoms=[INIT])
    overlaps = find_overlaps(placed, LINUX)
    assert {each.kind for each in overlaps} == {"unknown", "file-directory"}
    assert questions(overlaps) == []
    assert judge(overlaps, {}, _never) == in_order(overlaps)


def test_binary_command() -> None:
    """A command with the first bytes of a binary is native."""
    files = (written("scripts/t", "1", size=SMALLEST_BINARY), written("scripts/t", "2"))
    (found,) = judge(_overlaps(*files), _answers(Answer(native=True), path="scripts/t"), lambda *_: True)
    assert (found.role, found.severity) == ("native", "error")


@pytest.mark.parametrize(
    ("requires", "severity"),
    [
        ([], "error"),
        (["fastapi-cli"], "warning"),
        (["fastapi-cli; extra == 'standard'"], "warning"),
        (["fastapi-cli[more]>=1; extra == 'all'"], "warning"),
        (["fastapi-cli; 'standard' == extra"], "warning"),
        (["fastapi-cli; sys_platform == 'win32'"], "error"),
        (["something-else"], "error"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_family_and_its_command(requires: list[str], severity: Severity, swapped: bool) -> None:  # noqa: FBT001
    """A differing command is a warning where one owner requires the other, under any extra, in either direction."""
    wheels = [
        Wheel("fastapi", scripts={"fastapi": "a:main"}, requires=requires),
        Wheel("fastapi-cli", scripts={"fastapi": "b:main"}),
    ]
    (found,) = overlaps_of([distribution(each) for each in (reversed(wheels) if swapped else wheels)])
    assert (found.kind, found.role, found.severity) == ("different", "script", severity)


@pytest.mark.parametrize(
    ("requires", "severity"),
    [
        ({"hub": ["one", "two"]}, "warning"),
        ({"one": ["hub"], "two": ["hub"]}, "warning"),
        ({"hub": ["one"], "two": ["hub"]}, "warning"),
        ({"hub": ["one"]}, "error"),
        ({"one": ["hub"]}, "error"),
        ({}, "error"),
    ],
    ids=["requires both", "required by both", "one each way", "requires one only", "required by one only", "strangers"],
)
def test_a_family_of_three_has_a_member_related_to_each_of_the_others(
    requires: dict[str, list[str]], severity: Severity
) -> None:
    wheels = [
        Wheel(name, scripts={"tool": f"{name}:main"}, requires=requires.get(name, [])) for name in ("hub", "one", "two")
    ]
    (found,) = overlaps_of([distribution(each) for each in wheels])
    assert (found.role, found.severity) == ("script", severity)


@pytest.mark.parametrize("path", ["m.py", "m.so"])
def test_a_family_and_its_modules(path: str) -> None:
    """Requirements excuse commands only: a replaced module or library is an error all the same."""
    wheels = [Wheel("a", files={path: "1"}, requires=["b"]), Wheel("b", files={path: "2"})]
    (found,) = overlaps_of([distribution(each) for each in wheels])
    assert found.severity == "error"


def test_identical_stays_a_notice() -> None:
    """A shared command with one target is a notice whoever requires whom."""
    wheels = [Wheel("a", scripts={"t": "m:f"}, requires=["b"]), Wheel("b", scripts={"t": "m:f"})]
    (found,) = overlaps_of([distribution(each) for each in wheels])
    assert (found.kind, found.severity) == ("identical", "notice")


@pytest.mark.parametrize(
    ("hidden", "hiding", "severity"),
    [
        ("em.py", "em/__init__.py", "error"),
        ("em/__init__.pyc", "em/__init__.py", "error"),
        ("em.py", "em.abi3.so", "error"),
        ("em.pyc", "em.py", "error"),
        ("p/em.py", "p/em/__init__.py", "warning"),
        ("em/__init__.py", "em/__init__.abi3.so", "error"),
        ("em/__init__.so", "em/__init__.abi3.so", "error"),
        ("setup.py", "setup/__init__.py", "warning"),
        ("tests.py", "tests/__init__.py", "warning"),
        ("test.py", "test/__init__.py", "warning"),
        ("em/x.py", "em.py", "error"),
        ("p/em/x.py", "p/em.py", "warning"),
        ("tests/x.py", "tests.py", "warning"),
        ("setup/x.py", "setup.py", "warning"),
    ],
)
def test_a_hidden_import_package_is_an_error(hidden: str, hiding: str, severity: Severity) -> None:
    """Nothing that imports it gets it; a module inside a package may be replaced on purpose."""
    wheels = [Wheel("empy", files={hidden: "1"}), Wheel("em", files={hiding: "2"})]
    (found,) = [each for each in overlaps_of([distribution(each) for each in wheels]) if each.kind == "shadowed"]
    assert (found.path, found.severity) == (f"site-packages/{hidden}", severity)


def test_a_member_of_a_family_may_hide_the_module_of_another() -> None:
    wheels = [Wheel("empy", files={"em.py": "1"}), Wheel("em", files={"em.abi3.so": "2"}, requires=["empy"])]
    (found,) = overlaps_of([distribution(each) for each in wheels])
    assert (found.kind, found.severity) == ("shadowed", "warning")


def test_a_command_for_the_console_equals_one_with_a_window_but_on_windows() -> None:
    """Elsewhere the generated files are the same bytes."""
    wheels = [Wheel("a", scripts={"t": "m:f"}), Wheel("b", gui_scripts={"t": "m:f"})]
    kinds = [
        overlaps_of([distribution(each, target) for each in wheels], target)[0].kind
        for target in (LINUX, MACOS, WINDOWS)
    ]
    assert kinds == ["identical", "identical", "different"]


def test_case_only_is_left_alone() -> None:
    """Judging changes no pair of this kind."""
    placed = layouts(a={"site-packages/M.py": "1"}, b={"site-packages/m.py": "2"})
    overlaps = find_overlaps(placed, MACOS)
    assert judge(overlaps, {}, lambda *_: True) == overlaps
