"""Which files of an index may be taken: those of a listed hash, and of the form that options of a file allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.http.urls import local_path
from wheelclash.resolve.choose import BUILD_OR_ASK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from wheelclash.core.distribution import Choice
    from wheelclash.index.client import Found
    from wheelclash.index.page import ProjectFile
    from wheelclash.resolve.requirement import Asked, Form
    from wheelclash.resolve.selection import Selection

__all__ = ["of_form", "of_listed_hash", "with_hash", "with_listed_hashes", "without_wheels"]


def with_hash(
    asked: Asked, page: Found, hashes: AbstractSet[str], chooses: Callable[[Asked, Found], Choice], *, by: str
) -> Choice:
    """Return what is chosen of the files that have one of some hashes.

    Args:
        asked: What is asked for.
        page: What the indexes have.
        hashes: Those that may be installed; empty for any.
        chooses: Chooses a wheel.
        by: What lists the hashes, for messages.
    """
    if not hashes:
        return chooses(asked, page)
    choice, unhashed = chooses(asked, _with_hashes(page, hashes)), chooses(asked, page)
    if not isinstance(choice, Candidate):
        choice = chooses(asked, _with_hashes(page, {None, *hashes}))
    if isinstance(choice, Candidate):
        return _named_exactly(choice, unhashed)
    if choice.source is None and isinstance(unhashed, Candidate):
        return Skip(asked.text, "not-found", _no_file_with_hash(asked.text, by))
    return choice


def _named_exactly(choice: Candidate, unhashed: Choice | None) -> Candidate:
    """Return a wheel that commands name by its place, if an installer takes another one by the version alone."""
    if isinstance(unhashed, Candidate) and unhashed.filename != choice.filename:
        return replace(choice, direct=True)
    return choice


def _no_file_with_hash(text: str, by: str) -> str:
    return f"the index has no file of {text} for the target with a hash that {by} gives"


def with_listed_hashes(selection: Selection, hashes: Mapping[str, frozenset[str]], unhashed: Selection) -> Selection:
    """Return what was resolved, with a skip in the place of each wheel that has none of the hashes listed for it.

    Args:
        selection: The best wheels among those with a listed hash.
        hashes: Those that are listed, by name.
        unhashed: The best wheels, whatever their hashes.
    """
    plain = {candidate.name: candidate for candidate in unhashed.candidates}
    candidates: list[Candidate] = []
    skipped: list[Skip] = []
    for candidate in selection.candidates:
        allowed = hashes.get(candidate.name)
        if allowed is None or (allowed and candidate.sha256 is None) or candidate.sha256 in allowed:
            candidates.append(_named_exactly(candidate, plain.get(candidate.name)))
        else:
            text = f"{candidate.name}=={candidate.version}"
            skipped.append(Skip(text, "not-found", _no_file_with_hash(text, "the file that asks for it")))
    for skip in selection.skipped:
        if skip.code == "no-wheel" and skip.source is None and skip.name in hashes:
            reason = _no_file_with_hash(skip.requirement, "the file that asks for it")
            skipped.append(skip._replace(code="not-found", reason=reason))
        else:
            skipped.append(skip)
    return selection._replace(candidates=candidates, skipped=skipped)


def _with_hashes(page: Found, hashes: AbstractSet[str | None]) -> Found:
    """Return what the indexes have, less files of other hashes; None is that of a file of unknown hash."""
    sources = tuple(
        replace(source, files=tuple(file for file in source.files if _sha256_of(file) in hashes))
        for source in page.sources
    )
    return page._replace(sources=sources)


def without_wheels(page: Found) -> Found:
    """Return what the indexes have, less wheels."""
    sources = (
        replace(source, files=tuple(file for file in source.files if not file.is_wheel)) for source in page.sources
    )
    return page._replace(sources=tuple(sources))


def of_form(skip: Skip, form: Form) -> Skip:
    """Return that there is no wheel, where an option of a file allows only source archives, or only wheels."""
    if form == "wheel":
        reason = skip.reason.removesuffix(f": {BUILD_OR_ASK}")
        return skip._replace(reason=f"{reason}; --only-binary has nothing built", source=None)
    what = BUILD_OR_ASK if skip.source is not None else "the index has no source archive of it that fits"
    return skip._replace(reason=f"--no-binary has it built: {what}")


def of_listed_hash(choice: Choice, asked: Asked) -> Choice:
    """Return a wheel that was named by path or URL, or a skip if it has none of the hashes that are listed for it.

    What lies on a server counts by the hash in its URL; if there is none, the one that is listed is taken for its own,
    and is checked where the whole file is read.
    """
    if not asked.hashes or not isinstance(choice, Candidate):
        return choice
    if choice.path is not None:
        digests = (listed.partition(":") for listed in asked.hashes)
        has_one = any(_digest(choice.path, algorithm) == digest for algorithm, _, digest in digests)
    else:
        has_one = choice.sha256 is None or not asked.sha256s or choice.sha256 in asked.sha256s
        if choice.sha256 is None and len(asked.hashes) == len(asked.sha256s) == 1:
            choice = replace(choice, sha256=next(iter(asked.sha256s)))
    reason = f"{choice.filename} has none of the hashes that the file that asks for it gives"
    return choice if has_one else Skip(asked.text, "not-found", reason)


def _sha256_of(file: ProjectFile) -> str | None:
    """Return the hash of a file of an index: the one it gives, or that of a file on disk; None if neither is known."""
    path = None if file.sha256 is not None else local_path(file.url)
    return file.sha256 if path is None else _digest(path, "sha256")


def _digest(path: Path, algorithm: str) -> str | None:
    """Return the hash of a file on disk; None if it cannot be read."""
    import hashlib

    from wheelclash.files import open_regular

    try:
        with open_regular(path) as opened:
            return hashlib.file_digest(opened, algorithm).hexdigest()
    except OSError:
        return None
