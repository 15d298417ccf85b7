"""Labels in file names, descriptions of variants, and markers on them."""

from __future__ import annotations

import json

import pytest
from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename

from wheelclash.target.variants import (
    Variant,
    VariantError,
    evaluate_markers,
    parse_variant,
    parse_variants,
    parse_wheel_name,
    variants_filename,
    without_label,
)


@pytest.mark.parametrize(
    ("filename", "build", "label"),
    [
        ("a-1.0-py3-none-any.whl", (), None),
        ("a-1.0-py3-none-any-v3.whl", (), "v3"),
        ("a-1.0-1-py3-none-any.whl", (1, ""), None),
        ("a-1.0-1local-py3-none-any-cu13.whl", (1, "local"), "cu13"),
        ("a-1.0-py3-none-any-0.1_x.whl", (), "0.1_x"),
        ("a-1.0+cu13-cp312-cp312-manylinux_2_28_x86_64-null.whl", (), "null"),
        ("a-1.0-py2.py3-none-any-1.whl", (), "1"),
    ],
)
def test_the_last_part_of_a_file_name_is_a_label_where_a_plain_name_would_end(
    filename: str, build: tuple[object, ...], label: str | None
) -> None:
    parts = parse_wheel_name(filename)
    assert (parts.build, parts.label) == (build, label)
    assert without_label(filename) == (filename if label is None else filename.replace(f"-{label}.whl", ".whl"))


@pytest.mark.parametrize(
    "filename", ["a-1.0-py3-none-any-V3.whl", "a-1.0-py3-none-any-.whl", "a-1.0-py3-none-any-ü.whl", "a-1.0-x.whl",
                 "a-1.0-py3-none-any-v3-v4.whl", "a-1.0-py3-none.whl"]
)  # fmt: skip
def test_what_is_no_label_makes_no_wheels_name(filename: str) -> None:
    with pytest.raises(InvalidWheelFilename):
        parse_wheel_name(filename)


def test_all_variants_of_a_release_are_described_in_one_file() -> None:
    assert variants_filename("a_b-1.0-1-py3-none-any-v3.whl") == "a_b-1.0-variants.json"


V3 = {"x86_64": {"level": ["v3"]}}


@pytest.mark.parametrize("schema", [None, "https://host/v0.1.1.json", "https://host/peps/825/v0.9.json", 7, "nonsense"])
def test_a_description_is_read_in_every_minor_version_of_its_schema(schema: object) -> None:
    document = {"$schema": schema, "variants": {"v3": V3, "null": {}}, "providers": {"x86_64": {}}}
    variants = parse_variants(json.dumps(document).encode())
    assert variants == {"v3": Variant("v3", ("x86_64 :: level :: v3",)), "null": Variant("null")}


@pytest.mark.parametrize(
    "document",
    [
        b"\xff", b"[", b"[1]", b"{}", b"[" * 100_000, '{"variants": {}}', '{"variants": []}', '{"variants": {"A": {}}}',
        {"variants": {"null": V3}}, {"variants": {"v3": {"x": ["v3"]}}},
        {"variants": {"v3": {"x": {"y": "v3"}}}}, {"variants": {"v3": {"x": {"y": [3]}}}},
        {"variants": {"v3": {"x y": {"y": ["3"]}}}}, {"variants": {"v3": {"x": {"y": ["A"]}}}},
        {"$schema": "https://host/v1.0.json", "variants": {"v3": V3}},
        {"variants": {"v3": V3, "v4": V3}},
    ],
)  # fmt: skip
def test_a_description_that_is_none_is_refused_with_a_reason(document: object) -> None:
    data = document if isinstance(document, bytes) else str(document).replace("'", '"').encode()
    with pytest.raises(VariantError, match=r"\w"):
        parse_variant(data)


@pytest.mark.parametrize(
    ("marker", "where"),
    [
        ('variant_label == "v3"', "v3"),
        ('"v3" != variant_label', "null plain"),
        ("variant_label == ''", "plain"),
        ('"x86_64" in variant_namespaces', "v3"),
        ("'x86_64'not  in variant_namespaces", "null plain"),
        ('"x86_64::level" in variant_features', "v3"),
        ('"x86_64 :: level :: v3" in variant_properties', "v3"),
        ('"x86_64 :: level :: v4" in variant_properties', ""),
        ('python_version > "3" and ("a" in variant_namespaces or variant_label == "null")', "null"),
    ],
)
def test_markers_on_variants_hold_by_the_properties_of_the_wheel(marker: str, where: str) -> None:
    variants = {"v3": Variant("v3", ("x86_64 :: level :: v3",)), "null": Variant("null"), "plain": None}
    holds = []
    for name, variant in variants.items():
        requirement = Requirement(evaluate_markers(f"dep[x]>=1; {marker}", variant))
        assert str(requirement).startswith("dep[x]>=1")
        assert requirement.marker is not None
        holds += [name] if requirement.marker.evaluate() else []
    assert holds == where.split()


@pytest.mark.parametrize("line", ["variant_label>=1", "a; os_name == 'variant_label'", "a @ https://h/variant_label"])
def test_other_requirements_are_left_as_they_are(line: str) -> None:
    assert evaluate_markers(line, Variant("v3", ("x86_64 :: level :: v3",))) == line
