"""Cases: a few wheels that share nothing with the wheels of any other case, so that many share one environment.

Every file and every distribution of a case carries its stem (``c0007``), and a case is compared on the files
whose path has the stem in it. Order matters by name (pip) and by position (separate commands), so the names of a
pair are also swapped: ``c0007-a`` has the first feature of a pair, or the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

from tests.oracle.features import FEATURES, Feature
from tests.support.environments import INSTALLER_NAMES, InstallerName
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["SPECIAL_CASES", "Case", "all_pairs", "is_generated", "some_pairs"]


_GENERATED = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"})


def is_generated(path: str) -> bool:
    """Whether a path is one of those that installers add to, or rewrite in, a dist-info folder."""
    folder, _, name = path.rpartition("/")
    return folder.endswith(".dist-info") and name in _GENERATED


@dataclass(frozen=True, slots=True)
class Case:
    """Wheels to be installed together, and one after the other.

    Attributes:
        name: What it is about, for test ids.
        stem: In every path and every name of it, and of it alone.
        wheels: Two or more; their positions are their order in separate commands.
        installers: Those under which it has a certain meaning.
        provable: Whether wheels that install equal bytes can be known to; else it is right to call them different.
        is_of_one_feature: Whether it is a pair of a feature with itself.
    """

    name: str
    stem: str
    wheels: tuple[Wheel, ...] = field(repr=False)
    installers: tuple[InstallerName, ...] = INSTALLER_NAMES
    provable: bool = True
    is_of_one_feature: bool = False

    def named(self, positions: Iterable[int]) -> list[str]:
        """The distributions at those positions; positions the case has not are passed over."""
        return [self.wheels[each].name for each in positions if each < len(self.wheels)]

    def of(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of a snapshot that belong to this case, less what installers write of their own accord."""
        return {
            path: content for path, content in files.items() if self.stem in path.lower() and not is_generated(path)
        }


def _pair(stem: str, first: Feature, second: Feature, *, same: bool, swapped: bool) -> Case:
    """Two wheels that contest one file, each in its own way."""
    wheels = []
    for letter, feature in zip("ba" if swapped else "ab", (first, second), strict=True):
        wheel = Wheel(f"{stem}-{letter}", files={f"{stem}_{letter}.py": f"own = '{letter}'\n"})
        feature.write(wheel, stem, f"by = 'all of {stem}'" if same else f"by = '{wheel.name}'")
        wheels.append(wheel)
    name = "{}-{}-{}-{}".format(
        first.name, second.name, "same" if same else "different", "swapped" if swapped else "straight"
    )
    unsettled = first.unsettled_by | second.unsettled_by
    installers = tuple(each for each in INSTALLER_NAMES if each not in unsettled)
    provable = not same or first.proof == second.proof != "none"
    return Case(name, stem, tuple(wheels), installers, provable, first is second)


def _feature_pairs() -> Iterator[tuple[Feature, Feature]]:
    for first, second in combinations_with_replacement(FEATURES, 2):
        if first.place == second.place:
            yield first, second


def _may_stand_for(first: Feature, second: Feature) -> bool:
    return first.variant_of == second.name or second.variant_of == first.name


def all_pairs() -> list[Case]:
    """The full product: every two features of a place, equal or different texts, names straight or swapped."""
    varied = product(_feature_pairs(), (True, False), (True, False))
    return [
        _pair(f"p{number:04}", first, second, same=same, swapped=swapped)
        for number, ((first, second), same, swapped) in enumerate(varied)
    ]


def some_pairs() -> list[Case]:
    """Every two features of a place once, spellings apart; texts and names vary from pair to pair."""
    return [
        _pair(f"c{number:04}", first, second, same=number % 3 == 0, swapped=number % 2 == 0)
        for number, (first, second) in enumerate(_feature_pairs())
        if first is second or _may_stand_for(first, second) or not (first.variant_of or second.variant_of)
    ]


def _special(make: Callable[[str], list[Wheel]]) -> Callable[[str], list[Wheel]]:
    _MAKERS.append(make)
    return make


_MAKERS: list[Callable[[str], list[Wheel]]] = []


def _named(stem: str, letters: str, *, text: str | None = None) -> list[Wheel]:
    """Wheels that all write ``STEM/m.py``: their own text, or the same."""
    return [Wheel(f"{stem}-{each}", files={f"{stem}/m.py": text or f"by = '{each}'\n"}) for each in letters]


@_special
def three_owners(stem: str) -> list[Wheel]:
    return _named(stem, "abc")


@_special
def three_owners_last_first(stem: str) -> list[Wheel]:
    return _named(stem, "cba")


@_special
def three_owners_two_of_them_equal(stem: str) -> list[Wheel]:
    return [*_named(stem, "ac", text="shared = True\n"), *_named(stem, "b")]


@_special
def owners_that_agree_only_in_part(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    for wheel in wheels:
        wheel.files |= {f"{stem}/same.py": "same = 1\n", f"{stem}/data.txt": f"{wheel.name}\n"}
    return wheels


@_special
def first_requires_second(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    wheels[0].requires = [f"{stem}-b"]
    return wheels


@_special
def second_requires_first(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    wheels[1].requires = [f"{stem}-a"]
    return wheels


@_special
def requires_by_a_third(stem: str) -> list[Wheel]:
    first, second, between = _named(stem, "abm")
    between.files = {f"{stem}_between.py": ""}
    second.requires, between.requires = [f"{stem}-m"], [f"{stem}-a"]
    return [first, second, between]


@_special
def requires_by_an_extra(stem: str) -> list[Wheel]:
    first, second, between = _named(stem, "abm")
    between.files = {f"{stem}_between.py": ""}
    between.metadata = ["Provides-Extra: more"]
    second.requires, between.requires = [f"{stem}-m[more]"], [f"{stem}-a ; extra == 'more'"]
    return [first, second, between]


@_special
def requires_under_a_false_marker(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    wheels[1].requires = [f"{stem}-a ; sys_platform == 'never'"]
    return wheels


@_special
def requires_python_of_the_later_name(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    wheels[1].requires_python = ">=3.8"
    return wheels


@_special
def requires_python_of_the_earlier_name(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    wheels[0].requires_python = ">=3.8"
    return wheels


@_special
def requires_python_of_both(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    for wheel in wheels:
        wheel.requires_python = ">=3.8"
    return wheels


@_special
def names_that_must_be_normalised(stem: str) -> list[Wheel]:
    return [
        Wheel(f"{stem.upper()}.Zed_X", files={f"{stem}/m.py": "by = 'zed'\n"}),
        Wheel(f"{stem}-Alpha", files={f"{stem}/m.py": "by = 'alpha'\n"}),
    ]


@_special
def case_only(stem: str) -> list[Wheel]:
    first, second = _named(stem, "ab")
    second.files = {f"{stem.upper()}/M.py": "by = 'upper'\n"}
    return [first, second]


@_special
def shadowed_module(stem: str) -> list[Wheel]:
    first, second = _named(stem, "ab")
    second.files = {f"{stem}.py": "by = 'module'\n"}
    return [first, second]


@_special
def empty_namespace_init(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    for wheel in wheels:
        wheel.files = {f"{stem}/__init__.py": "", f"{stem}/{wheel.name}.py": ""}
    return wheels


@_special
def bytecode_members(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab")
    for wheel in wheels:
        wheel.files = {f"{stem}/__pycache__/m.txt": wheel.name, f"{stem}/m.py": wheel.name}
    return wheels


@_special
def same_headers(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab", text="same = 1\n")
    for wheel in wheels:
        wheel.files[f"{wheel.escaped}-1.0.data/headers/{stem}.h"] = f"// {wheel.name}\n"
    return wheels


@_special
def command_with_a_suffix(stem: str) -> list[Wheel]:
    first, second = _named(stem, "ab", text="same = 1\n")
    first.scripts = {f"{stem}.py": "one:main", f"{stem}-tool": "same:main"}
    second.gui_scripts = {f"{stem}.py": "two:main", f"{stem}-tool": "same:main"}
    return [first, second]


@_special
def script_kept_beside_own_entry_point(stem: str) -> list[Wheel]:
    """Installers drop a script spelt like a part of the wheel's own generated command."""
    first, second = _named(stem, "ab")
    for wheel, suffix in ((first, "-script.py"), (second, ".pya")):
        wheel.scripts = {f"{stem}-tool": f"run:{wheel.escaped}"}
        wheel.files[f"{wheel.escaped}-1.0.data/scripts/{stem}-tool{suffix}"] = "#!/bin/sh\n"
        wheel.files[f"{wheel.escaped}-1.0.data/scripts/{stem}-tool.EXE"] = wheel.name  # stays under uv alone
        wheel.files[f"{wheel.escaped}-1.0.data/scripts/{stem}-{wheel.name[-1]}.exe"] = wheel.name
    return [first, second]


@_special
def script_that_is_rewritten_and_one_that_is_not(stem: str) -> list[Wheel]:
    """Equal in the wheels, different on disk: only the scripts scheme has its first line rewritten."""
    first, second = _named(stem, "ab", text="same = 1\n")
    text = f"#!python\n# of {stem}\n"
    first.files[f"{first.escaped}-1.0.data/scripts/{stem}-tool"] = text
    second.files[f"{second.escaped}-1.0.data/data/bin/{stem}-tool"] = text
    return [first, second]


@_special
def third_owner_of_what_the_loser_shares(stem: str) -> list[Wheel]:
    """Taking the loser away damages a bystander, too; a remedy must mend both."""
    first, second = _named(stem, "ab")
    third = Wheel(f"{stem}-c", files={f"{stem}/third.py": "own = 1\n"})
    for wheel in (second, third):
        wheel.files[f"{stem}/same.py"] = "same = 1\n"
    return [first, second, third]


@_special
def third_owner_of_what_all_share(stem: str) -> list[Wheel]:
    wheels = third_owner_of_what_the_loser_shares(stem)
    wheels[0].files[f"{stem}/same.py"] = "same = 1\n"
    return wheels


@_special
def files_in_dist_info(stem: str) -> list[Wheel]:
    wheels = _named(stem, "ab", text="same = 1\n")
    for wheel in wheels:
        wheel.files[f"{wheel.dist_info}/licenses/LICENSE"] = wheel.name
    return wheels


@_special
def rows_that_claim_what_another_wrote(stem: str) -> list[Wheel]:
    """Folders, and a path that climbs out of site-packages: pip keeps such rows, and takes all that is there."""
    wheels = _named(stem, "ab")
    for wheel in wheels:
        wheel.record_extra = [
            (f"{stem}/deep/", "", ""),
            (f"{stem}/wide", "", ""),
            (f"../../../bin/{stem}-tool", "", ""),
            (f"../../../share/{stem}/", "", ""),
        ]
    third = Wheel(
        f"{stem}-c", files={f"{stem}/deep/x.py": "x = 1\n", f"{stem}/deep/er/y.py": "", f"{stem}/wide/z.py": ""}
    )
    third.files[f"{third.escaped}-1.0.data/scripts/{stem}-tool"] = "#!/bin/sh\n"
    third.files[f"{third.escaped}-1.0.data/data/share/{stem}/shared.txt"] = "x"
    return [*wheels, third]


SPECIAL_CASES: tuple[Case, ...] = tuple(
    Case(make.__name__.replace("_", "-"), f"s{number:04}", tuple(make(f"s{number:04}")))
    for number, make in enumerate(_MAKERS)
)
