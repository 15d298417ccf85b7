"""Wheel variants: several wheels of one release for one platform, for different processors or graphics cards. Pure.

The drafts are PEP 817 and PEP 825. A wheel of a variant has a *label* as the last part of its file name, says in its
``variant.json`` which properties it is for (``x86_64 :: level :: v3``), and stands beside a file
``NAME-VERSION-variants.json`` that says the same of all labels. Requirements may depend on these properties by markers,
which no version of :mod:`packaging` evaluates.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag
    from packaging.utils import BuildTag, NormalizedName
    from packaging.version import Version

__all__ = [
    "DESCRIPTION",
    "LARGEST_JSON",
    "NULL",
    "PLAIN",
    "Variant",
    "VariantError",
    "WheelName",
    "evaluate_markers",
    "has_markers",
    "label_of",
    "parse_variant",
    "parse_variants",
    "parse_wheel_name",
    "variants_filename",
    "without_label",
]

NULL = "null"
"""The label of the variant without properties: for every machine, and preferred to a wheel without a label."""

PLAIN = "plain"
"""What the wheel without a label goes by, on the command line and in text."""

DESCRIPTION = "-variants.json"
"""How the name of a file ends that describes all variants of a release."""

LARGEST_JSON = 4 * 1024 * 1024
"""Bytes of the largest ``variants.json`` that is read; those of real projects have some kilobytes."""

_LABEL = re.compile(r"[0-9a-z_.]+")
_KEY = re.compile(r"[0-9a-z_]+")
_VALUE = re.compile(r"[0-9a-z_.]+")
_MAJOR = re.compile(r"/v(\d+)\.\d+(?:\.\d+)?(?:\.json)?/?$")
_KNOWN_MAJOR = 0


class VariantError(ValueError):
    """A description of variants cannot be understood; the message is one clause that says why."""


class Variant(NamedTuple):
    """One variant of a release.

    Attributes:
        label: As in file names.
        properties: Sorted, each ``namespace :: feature :: value``.
    """

    label: str
    properties: tuple[str, ...] = ()


class WheelName(NamedTuple):
    """The parts of a wheel's file name (PEP 427, PEP 825).

    Attributes:
        name: Normalised.
        version: The version, local part included.
        build: The build tag, or ``()``.
        tags: The compatibility tags.
        label: The variant label, or None.
    """

    name: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]
    label: str | None = None


# -- file names ------------------------------------------------------------------------------------------------------


def label_of(filename: str) -> str | None:
    """Return the last part of a wheel's file name if it stands where a variant label does, valid or not; else None."""
    parts = filename[: -len(".whl")].split("-")
    return parts[-1] if len(parts) > _plain_parts(parts) else None


def without_label(filename: str) -> str:
    """Return a wheel's file name as it would be without its variant label."""
    label = label_of(filename)
    return filename if label is None else filename[: -len(f"-{label}.whl")] + filename[-len(".whl") :]


def _plain_parts(parts: list[str]) -> int:
    """Return how many parts the name has without a label: a build tag begins with a digit, a Python tag never does."""
    has_build = len(parts) > 5 and parts[2][:1].isdigit()  # noqa: PLR2004 - name, version and three tags
    return 6 if has_build else 5


def parse_wheel_name(filename: str) -> WheelName:
    """Return the parts of a wheel's file name, which may have a variant label.

    Raises:
        InvalidWheelFilename: It is no wheel's file name.
    """
    label = label_of(filename)
    if label is None:
        return WheelName(*parse_wheel_filename(filename))
    if not _LABEL.fullmatch(label):
        raise InvalidWheelFilename(
            f"Invalid wheel filename (its variant label may have lower-case letters, digits, '_' and '.'): {filename!r}"
        )
    return WheelName(*parse_wheel_filename(without_label(filename)), label)


def variants_filename(filename: str) -> str:
    """Return the name of the file that describes all variants of a wheel's release: ``NAME-VERSION-variants.json``."""
    return f"{'-'.join(filename.split('-')[:2])}{DESCRIPTION}"


# -- descriptions ----------------------------------------------------------------------------------------------------


def parse_variants(data: bytes) -> dict[str, Variant]:
    """Return the variants that a ``variants.json`` describes, by label.

    Another minor version of the schema is read, another major one is not.

    Raises:
        VariantError: It is no JSON of this kind.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise VariantError(f"it is no JSON ({str(error)[:80]})") from error
    if not isinstance(document, dict):
        raise VariantError("it is no JSON object")
    schema = document.get("$schema")
    major = _MAJOR.search(schema) if isinstance(schema, str) else None
    if major is not None and int(major[1]) != _KNOWN_MAJOR:
        raise VariantError(f"its schema has the major version {major[1][:9]}, and {_KNOWN_MAJOR} is known")
    variants = document.get("variants")
    if not isinstance(variants, dict) or not variants:
        raise VariantError("it names no variant")
    return {label: _variant(label, namespaces) for label, namespaces in variants.items()}


def parse_variant(data: bytes) -> Variant:
    """Return the variant that the ``variant.json`` of a wheel describes.

    Raises:
        VariantError: It is no JSON of this kind, or describes more than one.
    """
    variants = parse_variants(data)
    if len(variants) > 1:
        raise VariantError(f"it names {len(variants)} variants, and a wheel is of one")
    return next(iter(variants.values()))


def _variant(label: str, namespaces: Any) -> Variant:
    if not _LABEL.fullmatch(label):
        raise VariantError(f"{label[:80]!r} is no variant label")
    properties = [
        f"{namespace} :: {feature} :: {value}"
        for namespace, features in _items(namespaces, label)
        for feature, values in _items(features, label)
        for value in _values(values, label)
    ]
    if label == NULL and properties:
        raise VariantError(f"the variant {label} has properties")
    return Variant(label, tuple(sorted(set(properties))))


def _items(mapping: Any, label: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(mapping, dict) or not all(map(_KEY.fullmatch, mapping)):
        raise VariantError(f"the properties of the variant {label} are not what they should be")
    return mapping.items()


def _values(values: Any, label: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) and _VALUE.fullmatch(value) for value in values):
        raise VariantError(f"the properties of the variant {label} are not what they should be")
    return values


# -- markers ---------------------------------------------------------------------------------------------------------

_QUOTED = r"\"[^\"]*\"|'[^']*'"
_COMPARISON = r"not\s+in|in|==|!="
_NAMES = "label|namespaces|features|properties"
_TEST = re.compile(
    rf"(?P<left>{_QUOTED})\s*(?P<way>{_COMPARISON})\s*variant_(?P<name>{_NAMES})\b"
    rf"|\bvariant_(?P<first>{_NAMES})\s*(?P<turned>{_COMPARISON})\s*(?P<right>{_QUOTED})"
)
_CONSTANTS = {True: 'python_full_version != "0"', False: 'python_full_version == "0"'}
"""Markers that every installer evaluates, to the same result on every target."""


def has_markers(requirement: str) -> bool:
    """Return whether a line of Requires-Dist depends on the variant."""
    return "variant_" in requirement and _TEST.search(requirement.partition(";")[2]) is not None


def evaluate_markers(requirement: str, variant: Variant | None) -> str:
    """Return a line of Requires-Dist with its markers on variants replaced by ones that hold always, or never.

    Args:
        requirement: The line, with markers on ``variant_label``, ``variant_namespaces``, ``variant_features`` and
            ``variant_properties`` among others.
        variant: The variant of the wheel that it stands in; None for a wheel that is of none.
    """
    if not has_markers(requirement):
        return requirement
    values = _marker_values(variant)

    def holds(match: re.Match[str]) -> str:
        name, way = match["name"] or match["first"], match["way"] or match["turned"]
        wanted = " :: ".join(part.strip() for part in (match["left"] or match["right"])[1:-1].split("::"))
        return _CONSTANTS[(wanted in values[name]) is (way in {"in", "=="})]

    name, semicolon, marker = requirement.partition(";")
    return f"{name}{semicolon}{_TEST.sub(holds, marker)}"


def _marker_values(variant: Variant | None) -> Mapping[str, frozenset[str]]:
    parts = [tuple(text.split(" :: ")) for text in (variant.properties if variant is not None else ())]
    return {
        "label": frozenset({"" if variant is None else variant.label}),
        "namespaces": frozenset(part[0] for part in parts),
        "features": frozenset(" :: ".join(part[:2]) for part in parts),
        "properties": frozenset(" :: ".join(part) for part in parts),
    }
