"""Bills of materials as JSON: CycloneDX 1.x, SPDX 2.x, and SPDX 3 (JSON-LD).

A Python project is what has a package URL (purl) of the type ``pypi``; everything else is not compared. The formats say
nothing of platforms, so that wheels are chosen for the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.locks.listing import ListedSet, conda_skip, release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.resolve.selection import Release

__all__ = ["read_cyclonedx", "read_spdx"]

_NO_PURL = "it has no package URL, which would say that it is a Python project"


class _Component(NamedTuple):
    """A component: its name and version as the file has them, and its package URLs."""

    name: str
    version: str | None
    purls: tuple[str, ...]


def read_cyclonedx(document: Table, location: LockLocation) -> ListedSet:
    """Read a CycloneDX file.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of another version than 1.x.
    """
    version = document.text("specVersion") or ""
    if not version.startswith("1."):
        raise QuestionError(f"{location.name} is of CycloneDX {version or 'without a version'}; 1.x is known.")
    return _listed(location.name, _components(document))


def _components(document: Table) -> Iterator[_Component]:
    """Yield every component, also those within others."""
    waiting = document.tables("components")[::-1]
    while waiting:
        table = waiting.pop()
        waiting += table.tables("components")[::-1]
        if table.text("scope") == "excluded" or table.text("type") in {"file", "operating-system"}:
            continue
        purl = table.text("purl")
        yield _Component(table.required("name"), table.text("version"), () if purl is None else (purl,))


def read_spdx(document: Table, location: LockLocation) -> ListedSet:
    """Read an SPDX file.

    Args:
        document: The whole file; or an object that has it under ``sbom``, as a well-known export has.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of another version than 2.x and 3.x.
    """
    if "sbom" in document:
        document = document.table("sbom")
    if "@graph" in document:
        return _listed(location.name, _packages_of_graph(document))
    version = document.text("spdxVersion") or ""
    if not version.startswith("SPDX-2."):
        raise QuestionError(f"{location.name} is of version {version!r}; SPDX 2.x and 3.x are known.")
    return _listed(location.name, _packages(document))


def _packages(document: Table) -> Iterator[_Component]:
    described = set(document.texts("documentDescribes"))
    for relationship in document.tables("relationships"):
        if relationship.text("relationshipType") == "DESCRIBES":
            described.add(relationship.text("relatedSpdxElement") or "")
    for table in document.tables("packages"):
        references = table.tables("externalRefs")
        purls = tuple(
            reference.required("referenceLocator")
            for reference in references
            if reference.text("referenceType") in {"purl", "http://spdx.org/rdf/references/purl"}
        )
        if table.text("SPDXID") in described and not any(purl.startswith("pkg:pypi/") for purl in purls):
            continue  # what the file is about: an image, a repository
        yield _Component(table.required("name"), table.text("versionInfo"), purls)


def _packages_of_graph(document: Table) -> Iterator[_Component]:
    for table in document.tables("@graph"):
        if (table.text("type") or table.text("@type")) == "software_Package":
            purl = table.text("software_packageUrl")
            purls = [purl] if purl else []
            purls += [
                entry.text("identifier") or ""
                for entry in table.tables("externalIdentifier")
                if entry.text("externalIdentifierType") == "packageUrl"
            ]
            yield _Component(table.text("name") or purl or "?", table.text("software_packageVersion"), tuple(purls))


def _listed(name: str, components: Iterable[_Component]) -> ListedSet:
    """Return the Python projects among components, each release once."""
    releases: dict[tuple[str, str | None], Release | Skip] = {}
    not_compared: dict[Skip, None] = {}
    for component in components:
        shown = f"{component.name}=={component.version}" if component.version else component.name
        purls = [purl for text in component.purls if (purl := _purl(text)) is not None]
        python = next((purl for purl in purls if purl[0] == "pypi"), None)
        if python is not None:
            version = python[2] or component.version
            releases.setdefault((python[1], version), release(python[1], version))
        elif purls and purls[0][0] == "conda":
            not_compared[conda_skip(component.name, component.version)] = None
        elif purls:
            not_compared[Skip(shown, "not-python", f"not a Python project (pkg:{purls[0][0]})")] = None
        else:
            not_compared[Skip(shown, "not-python", _NO_PURL)] = None
    return ListedSet(name, list(releases.values()), not_compared=list(not_compared))


def _purl(text: str) -> tuple[str, str, str | None] | None:
    """Return type, name and version of ``pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#PATH``; None if it is none."""
    if not text.lower().startswith("pkg:"):
        return None
    bare = text[len("pkg:") :].partition("#")[0].partition("?")[0].strip("/")
    kind, slash, path = bare.partition("/")
    path, _, version = path.partition("@") if not path.startswith("@") else (path, "", "")
    name = unquote(path.rpartition("/")[2])
    return (kind.lower(), name, unquote(version) or None) if slash and name else None
