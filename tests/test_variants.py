"""Projects with wheel variants, end to end: each wheel that may be taken is compared, and the report says which."""

from __future__ import annotations

import platform
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import LEVELS, WBAR, serve_variants, wfoo
from tests.support.wheelmaker import Wheel, variants_json
from tests.test_session import new_session, options
from wheelclash import QuestionError, owners
from wheelclash.wheel.reader import WheelReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wheelclash import Report
    from wheelclash.core.distribution import Candidate


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        serve_variants(index)
        yield index


def check(index: LoopbackIndex | None, *requirements: str, **more: Any) -> Report:
    with new_session() as session:
        return session.check(requirements, **options(index) | {"installer": "uv", **more})


def clashing(report: Report) -> dict[tuple[str | None, ...], list[str]]:
    """For the labels of each choice of wheels, the paths of its errors."""
    found: dict[tuple[str | None, ...], list[str]] = {
        tuple(variant.label for variant in target.variants): [] for target in report.targets
    }
    labels = list(found)
    for overlap in report.overlaps:
        for number in overlap.targets if overlap.severity == "error" else ():
            found[labels[number]].append(overlap.path)
    return found


CLASH = ["shared_top/clash.py"]
EVERY: Mapping[tuple[str | None, ...], list[str]] = {
    (None,): [], ("null",): [], ("v1",): CLASH, ("v3",): CLASH, ("v4",): CLASH,
}  # fmt: skip


def test_every_variant_is_an_alternative_of_one_distribution(index: LoopbackIndex) -> None:
    """They never meet each other, though they share files; what agrees is said once."""
    report = check(index, "wfoo", "wbar")
    assert clashing(report) == EVERY
    text = report.to_text()
    assert "error    site-packages/shared_top/clash.py  module, different  [wfoo v1, v3, v4]" in text
    assert "variants none: wfoo null, plain" in text
    assert report.exit_code() == 1
    assert report.complete


def test_an_all_clear_is_given_for_all_variants(index: LoopbackIndex) -> None:
    index.add(Wheel("calm", files={"calm.py": ""}))
    report = check(index, "wfoo", "calm")
    assert set(clashing(report)) == set(EVERY)
    assert report.exit_code() == 0
    assert report.to_text().startswith("No clash: 2 distributions")


def test_a_variant_that_cannot_be_read_leaves_the_answer_incomplete(index: LoopbackIndex) -> None:
    index.add(Wheel("calm", files={"calm.py": ""}))
    index.add_file("wfoo-1.0-py3-none-any-v3.whl", b"no wheel")
    report = check(index, "wfoo", "calm")
    assert ("v3",) not in clashing(report)
    assert report.exit_code() == 3
    assert "v3.whl" in report.skipped[0].reason


def test_commands_keep_the_wfoo(index: LoopbackIndex) -> None:
    """By the URL of its wheel, under uv's preview feature; no wheel of such a project is named by its version."""
    report = check(index, "wfoo", "wbar", keep=["wfoo"])
    commands = {tuple(remedy.steps[0].command) for remedy in report.remedies if remedy.strategy == "avoid"}
    assert len(commands) == 3
    for command in commands:
        assert "--preview-features" in command
        assert command[-1].startswith("wfoo @ http")


def test_pip_takes_no_variants(index: LoopbackIndex) -> None:
    """Nothing of pip is said where it cannot install, and there are no commands of it."""
    report = check(index, "wfoo", "wbar", installer="pip")
    assert not report.remedies
    assert {overlap.installers for overlap in report.overlaps} == {("uv",)}
    assert not any(outcome.targets for outcome in report.diagnosis["pip"].overlaps)


@pytest.mark.parametrize("where", ["folder", "find-links", "path"])
def test_variants_on_disk_are_read(index: LoopbackIndex, where: str) -> None:
    folder = index.folder
    match where:
        case "folder":
            report = check(None, str(folder))
        case "find-links":
            with new_session() as session:
                flags = options(find_links=(str(folder),), no_index=True)
                report = session.check(["wfoo", "wbar"], **flags)
        case _:
            wheels = [str(folder / name) for name in (wfoo("v3").filename, WBAR.filename)]
            report = check(None, *wheels)
            assert clashing(report) == {("v3",): CLASH}
            return
    assert clashing(report) == EVERY


def test_a_release_with_variants_alone_is_read(index: LoopbackIndex) -> None:
    """It is what uv takes; pip takes the newest release with a plain wheel, which is an alternative too."""
    index.add(*(wfoo(label, version="2.0") for label in ("v1", "v3")))
    report = check(index, "wfoo", "wbar")
    assert clashing(report) == {(None,): [], ("v1",): CLASH, ("v3",): CLASH}
    versions = {variant.label: report_of.version for target in report.targets for variant in target.variants
                for report_of in report.distributions if report_of.id == variant.id}  # fmt: skip
    assert versions == {None: "1.0", "v1": "2.0", "v3": "2.0"}


def test_wheels_of_two_projects_meet_each_other(index: LoopbackIndex) -> None:
    """Each wheel meets the first of the other project, and every other with which it shares a path."""
    for label in ("", "null", "v3"):
        index.add(wfoo(label, name="wbaz"))
    found = clashing(check(index, "wfoo", "wbaz", installer="pip"))
    assert {labels for labels, paths in found.items() if paths} == {(level, "v3") for level in ("v1", "v3", "v4")}
    assert {labels for labels, paths in found.items() if not paths} == {
        (None, None), (None, "null"), (None, "v3"), ("null", None), ("v1", None), ("v3", None), ("v4", None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wheel", "code"),
    [
        (wfoo("v3", properties=None), "variant-unread"),
        (Wheel("wfoo", label="v3", files={"wfoo-1.0.dist-info/variant.json": "{"}), "variant-unread"),
        (Wheel("wfoo", label="v3", files={"wfoo-1.0.dist-info/variant.json": variants_json({"v4": LEVELS["v4"]})}),
         "variant-label"),
        (Wheel("wfoo", files={"wfoo-1.0.dist-info/variant.json": variants_json({"v4": LEVELS["v4"]})}),
         "variant-label"),
        (wfoo("v3", requires=['dep; "x86_64" in variant_namespaces']), "variant-marker"),
    ],
)  # fmt: skip
def test_what_a_wheel_says_of_its_variant_is_held_against_its_name(tmp_path: Path, wheel: Wheel, code: str) -> None:
    paths = [str(each.write(tmp_path)) for each in (wheel, WBAR)]
    report = check(None, *paths)
    (distribution,) = [each for each in report.distributions if each.name == "wfoo"]
    assert code in {finding.code for finding in distribution.findings}


def test_requirements_depend_on_the_wfoo(tmp_path: Path) -> None:
    requires = ['wbar; "x86_64 :: level :: v3" in variant_properties', 'absent; variant_label == "v1"']
    paths = [str(each.write(tmp_path)) for each in (wfoo("v3", requires=requires), WBAR)]
    report = check(None, *paths)
    assert [each.requires for each in report.distributions if each.name == "wfoo"] == [("wbar",)]


def test_a_project_costs_one_page_one_description_and_a_request_a_wheel(
    index: LoopbackIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What uv asks for itself is not counted; the second question asks for nothing."""
    monkeypatch.setattr("wheelclash.resolve.variants.find_uv", no_uv)
    for expected in (1, 0):
        index.forget()
        with new_session(tmp_path / "cache") as session:
            session.check(["wfoo", "wbar"], **options(index))
        assert len(index.page_requests) == 2 * expected
        assert len(index.asked("/files/*.json")) == expected
        assert len(index.asked("/files/*.whl")) <= 6 * 1.1 * expected


def test_a_member_is_read_once_for_all_variants(index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is in doubt beside each of them."""
    read: list[str] = []
    member = WheelReader.member

    def counted(reader: WheelReader, candidate: Candidate, path: str, **limits: Any) -> bytes:
        read.append(candidate.filename)
        return member(reader, candidate, path, **limits)

    monkeypatch.setattr(WheelReader, "member", counted)
    stub = {"ns/__init__.py": "# a comment\n__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"}
    index.add(
        Wheel("doubtful", files={"ns/__init__.py": "a = 1\n"}), *(wfoo(label, files=stub) for label in ("v1", "v3"))
    )
    report = check(index, "wfoo", "doubtful")
    assert {label: len(paths) for (label,), paths in clashing(report).items() if paths} == {"v1": 1, "v3": 1}
    assert len(read) == len(set(read)) == 3


def no_uv(*_: object, **__: object) -> None:
    raise QuestionError("there is none")


@pytest.mark.parametrize(
    ("content", "wheels"),
    [
        (None, "null v1 v3 v4"),
        (b"{", "null v1 v3 v4"),
        (variants_json(LEVELS).replace(b"v0.1.1", b"v1.0"), "null v1 v3 v4"),
        (variants_json({label: LEVELS[label] for label in ("null", "v1", "v3")}), "v4"),
        (variants_json(LEVELS | {"v3": LEVELS["v4"]}), "v3"),
    ],
    ids=["missing", "damaged", "another schema", "label missing", "of two minds"],
)
def test_what_the_index_says_of_a_variant_is_held_against_its_wheel(
    index: LoopbackIndex, content: bytes | None, wheels: str
) -> None:
    (index.folder / "wfoo-1.0-variants.json").unlink()
    if content is not None:
        index.add_file("wfoo-1.0-variants.json", content)
    report = check(index, "wfoo", "wbar")
    assert clashing(report) == EVERY
    doubted = {each.id.rpartition("-")[2] for each in report.distributions
               if any(finding.code == "variant-index" for finding in each.findings)}  # fmt: skip
    assert doubted == {f"{label}.whl" for label in wheels.split()}


@pytest.mark.parametrize(
    ("wishes", "labels"),
    [(["v3"], {"v3"}), (["plain"], {None}), (["wfoo=v1", "wfoo=null"], {"v1", "null"}), (["WFOO=plain"], {None})],
)
def test_one_variant_can_be_asked_for(index: LoopbackIndex, wishes: list[str], labels: set[str | None]) -> None:
    report = check(index, "wfoo", "wbar", variants=wishes)
    assert {each.variant for each in report.distributions if each.name == "wfoo"} == labels


@pytest.mark.parametrize("wish", ["v9", "wbar=v3", "", "=v3", "V3", "a b"])
def test_a_variant_that_there_is_not_cannot_be_asked_for(index: LoopbackIndex, wish: str) -> None:
    with pytest.raises(QuestionError, match=f"--variant {wish}: "):
        check(index, "wfoo", "wbar", variants=[wish])


@pytest.mark.skipif(platform.machine() != "x86_64", reason="uv has to know the provider of the wheels")
def test_what_uv_would_take_comes_first(index: LoopbackIndex) -> None:
    """By uv's word: its providers reach it through the environment, and are not copied."""
    report = check(index, "wfoo", "wbar")
    (note,) = [each for each in report.warnings if "preview feature" in each]
    first = report.targets[0].variants[0].label
    assert f"uv takes {first} of wfoo for x86_64 machines in general" in note
    pip = check(index, "wfoo", "wbar", installer="pip", environ={"NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0"})
    assert pip.targets[0].variants[0].label is None
    assert any("as NV_VARIANT_PROVIDER_FORCE_SM_ARCH=9.0 has it" in each for each in pip.warnings)


def test_where_uv_cannot_be_asked_a_library_is(index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the description itself says, for providers of other kinds take plugins; and without it all goes on."""
    pytest.importorskip("variantlib")
    monkeypatch.setattr("wheelclash.resolve.variants.find_uv", no_uv)
    levels = {label: {"any": {"level": [label]}} for label in ("v4", "v1")}
    index.add_file("wfoo-1.0-variants.json", variants_json(levels))
    assert [target.variants[0].label for target in check(index, "wfoo", "wbar").targets][:2] == ["v4", "v1"]
    index.add_file("wfoo-1.0-variants.json", b"{")
    assert check(index, "wfoo", "wbar").targets[0].variants[0].label is None


def test_a_lock_with_variants_is_read(index: LoopbackIndex) -> None:
    """``packaging`` takes no such names; all of them are alternatives."""
    lines = ['lock-version = "1.0"', 'created-by = "a test"']
    for name, wheels in (("wfoo", map(wfoo, ["", *LEVELS])), ("wbar", [WBAR])):
        places = ", ".join(
            f"{{path = 'wheels/{wheel.filename}', hashes = {{sha256 = '{sha256(wheel.to_bytes()).hexdigest()}'}}}}"
            for wheel in wheels
        )
        lines += ["[[packages]]", f'name = "{name}"', 'version = "1.0"', f"wheels = [{places}]"]
    lock = index.folder.parent / "pylock.toml"
    lock.write_text("\n".join(lines))
    assert clashing(check(None, str(lock))) == EVERY


def test_variants_named_by_path_are_alternatives_too(index: LoopbackIndex) -> None:
    """As a shell's pattern gives them: an environment holds one of them."""
    paths = [str(path) for path in sorted(index.folder.glob("*.whl"))]
    assert clashing(check(None, *paths)) == EVERY


def test_a_project_and_its_variant_form_are_siblings(index: LoopbackIndex) -> None:
    """One takes the place of the other: the clash of ``wfoo-v3`` with the variants of ``wfoo`` is in question."""
    index.add(Wheel("wfoo-cu13", files={"shared_top/clash.py": "old"}))
    index.add(wfoo("cu13", properties={"any": {"cuda": ["13"]}}))
    for name in ("wfoo", "wfoo-cu13"):
        report = check(index, siblings=[name], installer="pip")
        assert {each.name for each in report.distributions} == {"wfoo", "wfoo-cu13"}
        assert clashing(report) == {**EVERY, ("cu13",): CLASH}
        assert any("wfoo publishes wheel variants" in each for each in report.warnings)


def test_owners_are_those_of_one_choice_of_wheels(index: LoopbackIndex) -> None:
    asked = {**options(index), "among": ["wfoo", "wbar"]}
    for variants, names in ((["plain"], {"wbar"}), (["v3"], {"wbar", "wfoo"}), ([], {"wbar"})):
        with new_session() as session:
            report = owners(["shared_top/clash.py"], session=session, variants=variants, **asked)
        assert {owner.distribution for found in report.found for owner in found.owners} >= names
        assert any("answered for the wheels wfoo=" in each for each in report.warnings) is (not variants)


def test_the_targets_of_a_folder_are_those_of_its_variants_too(tmp_path: Path) -> None:
    for name in ("left", "right"):
        wfoo("v3", name=name, tag="cp312-cp312-win_amd64").write(tmp_path)
    report = check(None, str(tmp_path), target=None, all_targets=True)
    assert {(target.python_version[:4], target.platform) for target in report.targets} == {("3.12", "win_amd64")}
    assert clashing(report) == {("v3", "v3"): CLASH}


# -- with dependencies ------------------------------------------------------------------------------------------------


@pytest.fixture
def uv_cache(tmp_path: Path) -> dict[str, Any]:
    return {"environ": {"UV_CACHE_DIR": str(tmp_path / "uv")}}


def test_variants_that_are_pulled_in_are_compared_too(index: LoopbackIndex, uv_cache: dict[str, Any]) -> None:
    """Uv's resolution never tells of them; the index's pages do."""
    index.add(Wheel("app", files={"app.py": ""}, requires=["wfoo", "wbar"]))
    report = check(index, "app", **uv_cache)
    assert clashing(report) == EVERY
    assert [each.through for each in report.distributions if each.variant == "v3"] == [("app", "wfoo")]


def test_what_a_variant_requires_is_resolved_with_it(index: LoopbackIndex, uv_cache: dict[str, Any]) -> None:
    """In the place of what the plain wheel requires, and in its sets alone."""
    index.add(
        wfoo("", requires=["calm"]), wfoo("null", requires=["calm"]), wfoo("v1", requires=["wbar"]),
        wfoo("v3", requires=["calm", 'absent; variant_label == "v4"']), wfoo("v4", requires=["absent"]),
        Wheel("calm", files={"calm.py": ""}),
    )  # fmt: skip
    report = check(index, "wfoo", **uv_cache)
    assert clashing(report) == {(None,): [], ("null",): [], ("v1",): CLASH, ("v3",): []}
    labels = [target.variants[0].label for target in report.targets]
    targets = {each.name: {labels[number] for number in each.targets} for each in report.distributions}
    assert (targets["calm"], targets["wbar"]) == ({None, "null", "v3"}, {"v1"})
    assert [skip.code for skip in report.skipped] == ["variant"]
    assert report.exit_code() == 1


def test_one_variant_alone_is_compared_with_what_it_requires(index: LoopbackIndex, uv_cache: dict[str, Any]) -> None:
    wheel = wfoo("v3", requires=['wbar; "x86_64 :: level :: v3" in variant_properties']).write(index.folder)
    report = check(index, str(wheel), **uv_cache)
    assert clashing(report) == {("v3",): CLASH}


def test_a_release_with_variants_alone_is_resolved_by_no_uv(index: LoopbackIndex, uv_cache: dict[str, Any]) -> None:
    (index.folder / wfoo("").filename).unlink()
    with pytest.raises(QuestionError, match="only unsupported wheel variants") as refused:
        check(index, "wfoo", **uv_cache)
    assert "--no-deps" in (refused.value.hint or "")
