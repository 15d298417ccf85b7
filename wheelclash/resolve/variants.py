"""Wheel variants of a set: which are asked for, what the index says of them, and which uv would take on this machine.

Which variant suits a machine is for the providers that uv has to say (its processor, its graphics card); they are asked
through uv, never copied. ``NV_VARIANT_PROVIDER_FORCE_…`` and the like reach uv as they are, so that it answers for
another machine.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wheelclash.core.distribution import Candidate, Described
from wheelclash.errors import FetchError, QuestionError
from wheelclash.index.client import Found, read_description
from wheelclash.index.page import ProjectFile
from wheelclash.resolve.uv import clean_environ, find_uv, index_arguments, run, uv_target
from wheelclash.target.variants import PLAIN, VariantError, parse_variants, parse_wheel_name, variants_filename
from wheelclash.threads import run_all
from wheelclash.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexSettings
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = [
    "Asker",
    "Wish",
    "described",
    "in_order",
    "library_order",
    "narrowed",
    "parse_wish",
    "preference_note",
]

_PATIENCE = 60.0
_FORCED = re.compile(r"[A-Z0-9_]+_VARIANT_PROVIDER_FORCE_[A-Z0-9_]+")
_SELECTED = re.compile(r"Selecting: (\S+)==\S+ \[[a-z]+\] \((\S+\.whl)\)")

_Read: TypeAlias = "bytes | FetchError"


def in_order(wheels: Sequence[Candidate], labels: Sequence[str | None] = ()) -> Candidate:
    """Return the wheel of the first of some labels, with the others as its alternatives.

    Of what the labels do not name, which is last, the wheel without a label comes first.

    Args:
        wheels: Every wheel that may be taken of a project.
        labels: Labels, the best first; None for the wheel without one.
    """
    places = {label: place for place, label in enumerate(labels)}
    last = len(places)
    first, *others = sorted(wheels, key=lambda wheel: (places.get(wheel.variant, last), wheel.variant is not None))
    newer = next((wheel.newer for wheel in wheels if wheel.newer is not None), None)
    return replace(first, alternatives=tuple(others), newer=newer)


# -- what was asked for ----------------------------------------------------------------------------------------------


class Wish(NamedTuple):
    """The wheel that is wanted of a project, or of every project that has one.

    Attributes:
        name: Normalised; None for every project.
        label: A variant label; None for the wheel without one.
    """

    name: str | None
    label: str | None

    def __str__(self) -> str:
        """Return it as it is given."""
        return f"{self.name}={self.label or PLAIN}" if self.name else self.label or PLAIN


def parse_wish(text: str) -> Wish:
    """Return what ``LABEL`` or ``NAME=LABEL`` asks for.

    Raises:
        QuestionError: It is neither.
    """
    from packaging.utils import canonicalize_name

    name, equals, label = text.rpartition("=")
    if not label or (equals and not name.strip()) or not re.fullmatch(r"[0-9a-z_.]+", label):
        raise QuestionError(
            f"--variant {text}: this is no variant label.",
            f"Give a LABEL, NAME=LABEL, or {PLAIN} for the wheel without a label.",
        )
    return Wish(canonicalize_name(name.strip()) if name else None, None if label == PLAIN else label)


def narrowed(candidate: Candidate, wishes: Iterable[Wish], met: set[Wish]) -> Candidate:
    """Return the wheels of a project that are wanted; all of them if nothing is said of it.

    Args:
        candidate: One wheel, with its alternatives.
        wishes: What is wanted.
        met: The wishes that some project has a wheel for are added to it.
    """
    wanted = [wish for wish in wishes if wish.name in {None, candidate.name}]
    kept = []
    for wheel in candidate.wheels:
        fitting = [wish for wish in wanted if wish.label == wheel.variant]
        met.update(fitting)
        kept += [wheel] if fitting else []
    return in_order(kept or candidate.wheels)


# -- what the index says ---------------------------------------------------------------------------------------------


def described(
    candidates: Iterable[Candidate], pages: Mapping[str, Found | FetchError], reader: WheelReader
) -> tuple[list[Candidate], dict[str, bytes]]:
    """Return candidates with what the ``variants.json`` of their releases says of each wheel with a label; and these.

    Args:
        candidates: A set; those without variants are returned as they are.
        pages: What the indexes have of projects, by name.
        reader: Holds the client and the cache.

    Returns:
        The candidates; the content of the files that could be had, by file name.
    """
    candidates = list(candidates)
    files: dict[str, ProjectFile | None] = {}
    for candidate in candidates:
        for wheel in candidate.wheels if candidate.has_variants else ():
            if wheel.variant is not None and (wheel.index is not None or wheel.path is not None):
                files.setdefault(variants_filename(wheel.filename), _beside(wheel, pages.get(wheel.name)))
    known = {name: file for name, file in files.items() if file is not None}
    read = dict(zip(known, run_all([partial(_read, file, reader) for file in known.values()]), strict=True))
    by_file = {name: _parsed(name, read.get(name)) for name in files}
    contents = {name: content for name, content in read.items() if isinstance(content, bytes)}
    return [
        _with(candidate, lambda wheel: by_file.get(variants_filename(wheel.filename)))
        if candidate.has_variants
        else candidate
        for candidate in candidates
    ], contents


def _beside(wheel: Candidate, page: Found | FetchError | None) -> ProjectFile | None:
    """Return the file that describes the variants of a wheel's release, where it is listed; None if it is not."""
    name = variants_filename(wheel.filename)
    if isinstance(page, Found):
        files = (file for source in page.sources for file in source.files)
        return next((file for file in files if file.filename == name), None)
    if wheel.path is not None and (path := wheel.path.with_name(name)).is_file():
        return ProjectFile(filename=name, url=path.as_uri())
    return None


def _read(file: ProjectFile, reader: WheelReader) -> _Read:
    try:
        return read_description(file, reader.fetcher, reader.cache, offline=reader.fetcher.offline)
    except FetchError as error:
        return error


def _parsed(name: str, read: _Read | None) -> Callable[[str], Described]:
    """Return a function from a label to what a file says of it."""
    if read is None:
        return lambda _: Described(fault=f"there is no {name} beside it, and installers take no variant without one")
    if isinstance(read, FetchError):
        return lambda _: Described(fault=f"{name} cannot be had: {read}")
    try:
        variants = parse_variants(read)
    except VariantError as error:
        reason = f"{name} cannot be understood: {error}"
        return lambda _: Described(fault=reason)

    def find(label: str) -> Described:
        variant = variants.get(label)
        fault = f"{name} does not name it, and installers take no variant that it does not name"
        return Described(fault=fault) if variant is None else Described(variant.properties)

    return find


def _with(candidate: Candidate, find: Callable[[Candidate], Callable[[str], Described] | None]) -> Candidate:
    wheels = []
    for wheel in candidate.wheels:
        of_label = None if wheel.variant is None else find(wheel)
        wheels.append(wheel if of_label is None else replace(wheel, described=of_label(wheel.variant or "")))
    return in_order(wheels, [wheel.variant for wheel in wheels])


# -- what uv would take ----------------------------------------------------------------------------------------------


class Asker(NamedTuple):
    """What uv is asked with.

    Attributes:
        settings: Where projects are looked for.
        credentials: User names and passwords for these places.
        environ: Environment variables.
        cwd: The folder to run it in.
        interpreter: The interpreter that the target was taken from, if it was.
        offline: Ask no server.
    """

    settings: IndexSettings
    credentials: Credentials
    environ: Mapping[str, str]
    cwd: Path
    interpreter: Interpreter | None = None
    offline: bool = False

    def preferred(self, candidates: Sequence[Candidate], target: Target) -> dict[str, str | None]:
        """Map projects with variants to the label that uv would take for a target, with its preview feature turned on.

        Args:
            candidates: Projects with variants, whatever else there is.
            target: The target.

        Returns:
            None stands for the wheel without a label. What uv cannot be asked about is left out: it is not there, or
            does not know the feature, the index or the target.
        """
        asked = [candidate for candidate in candidates if candidate.alternatives]
        labels: dict[str, str | None] = {}
        if not asked:
            return labels
        in_folders = [candidate for candidate in asked if candidate.direct and candidate.path is not None]
        folders = tuple(dict.fromkeys(str(wheel.path.parent) for wheel in in_folders if wheel.path is not None))
        on_indexes = [candidate for candidate in asked if not candidate.direct]
        for group, settings in (
            (on_indexes, self.settings),
            (in_folders, replace(self.settings, index_url=None, extra_index_urls=(), find_links=folders)),
        ):
            labels |= self._selected(group, target, settings) if group else {}
        return labels

    def _selected(
        self, candidates: Sequence[Candidate], target: Target, settings: IndexSettings
    ) -> dict[str, str | None]:
        pins = [f"{candidate.name}=={_newest(candidate)}" for candidate in candidates]
        try:
            uv = find_uv(self.environ, cwd=self.cwd)
            spelling = uv_target(target, self.interpreter)
            options, variables = index_arguments(settings, self.credentials, from_files=False)
            with tempfile.TemporaryDirectory(prefix="wheelclash-") as folder:
                done = run(
                    [
                        *(uv.path, "pip", "install", "--dry-run", "--verbose", "--no-deps", "--no-build"),
                        *("--no-config", "--preview-features", "wheel-variants", "--target", folder),
                        *(["--offline"] if self.offline else []),
                        *spelling.options,
                        *options,
                        *pins,
                    ],
                    environ={**clean_environ(self.environ), **spelling.environ, **variables},
                    cwd=self.cwd,
                    patience=_PATIENCE,
                )
        except QuestionError:
            return {}
        if done.returncode != 0:
            return {}
        labels = {}
        for name, filename in _SELECTED.findall(done.complaints):
            try:
                labels[name] = parse_wheel_name(filename).label
            except ValueError:
                continue
        return labels


def _newest(candidate: Candidate) -> str:
    from packaging.version import Version

    return max((wheel.version for wheel in candidate.wheels), key=Version)


def library_order(candidate: Candidate, descriptions: Mapping[str, bytes], python: Path | None) -> list[str | None]:
    """Return the labels of a project in the order of ``variantlib``, where uv cannot be asked.

    It is the package that the drafts were tried out with, and part of the extra ``variants``. It knows the machine by
    plugins that must be installed; for providers that are part of a description it needs none.

    Args:
        candidate: A wheel of the project, with the others.
        descriptions: The content of ``variants.json`` files, by file name.
        python: The interpreter that has the plugins; the running one if None.

    Returns:
        The labels of those that suit the machine, then None for the wheel without a label; empty if it does not say.
    """
    import json

    label = next((wheel for wheel in candidate.wheels if wheel.variant is not None), None)
    description = None if label is None else descriptions.get(variants_filename(label.filename))
    if description is None:
        return []
    try:
        from variantlib.api import get_variants_by_priority

        variants = get_variants_by_priority(variants_json=json.loads(description), venv_python_executable=python)
    except Exception:  # noqa: BLE001 - plugins are code of others, and an order is only a convenience
        return []
    return [*(str(variant.label) for variant in variants), None]


def preference_note(preferred: Mapping[str, str | None], target: Target, asker: Asker) -> str:
    """Return a sentence on which wheels uv would take.

    Args:
        preferred: Labels by project; at least one.
        target: For what.
        asker: What uv was asked with.
    """
    taken = listed(f"{label or 'the plain wheel'} of {name}" for name, label in sorted(preferred.items()))
    forced = sorted(name for name in asker.environ if _FORCED.fullmatch(name))
    if forced:
        machine = f"as {' and '.join(f'{name}={asker.environ[name]}' for name in forced)} has it"
    elif "--python-platform" in uv_target(target, asker.interpreter).options:
        machine = f"for {target.markers['platform_machine']} machines in general"
    else:
        machine = "on this machine"
    rest = "without it uv takes plain wheels, as pip does"
    return f"with its preview feature wheel-variants uv takes {taken} {machine}; {rest}"
