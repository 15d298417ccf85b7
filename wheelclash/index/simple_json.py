"""Project pages in JSON, validated by pydantic. Imported only when such a page was really fetched."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from wheelclash.errors import FetchError
from wheelclash.index.page import Page, ProjectFile, check_version, project_file, unique

__all__ = ["parse"]

_LARGEST = 2**62
_NAMED = 3
"""Dropped files that are named in notes; further ones are counted."""


class _Meta(BaseModel):
    api_version: Annotated[str | None, Field(alias="api-version")] = None


class _Status(BaseModel):
    status: str = "active"
    reason: str | None = None


class _Project(BaseModel):
    model_config = ConfigDict(extra="ignore")

    meta: _Meta = _Meta()
    files: list[Any]
    project_status: Annotated[_Status | None, Field(alias="project-status")] = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    filename: str
    url: str
    hashes: dict[str, str] = Field(default_factory=dict)
    requires_python: Annotated[str | None, Field(alias="requires-python")] = None
    yanked: bool | str | None = False
    size: Annotated[int | None, Field(strict=True, ge=0, le=_LARGEST)] = None
    upload_time: Annotated[str | None, Field(alias="upload-time")] = None
    core_metadata: Annotated[bool | dict[str, str] | None, Field(alias="core-metadata")] = None
    dist_info_metadata: Annotated[bool | dict[str, str] | None, Field(alias="dist-info-metadata")] = None


_FILES = TypeAdapter(list[_File])


def parse(body: bytes, *, url: str) -> Page:
    """Parse a project page (PEP 691, 700, 714, 792); unknown keys are ignored, files that make no sense dropped.

    Raises:
        FetchError: ``protocol``: no JSON, not an index's, or of a major version other than 1.
    """
    try:
        project = _Project.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(key) for key in first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise FetchError(url, "protocol", f"the index page is no such JSON as it should be ({reason})") from None
    check_version(project.meta.api_version, url)
    status = project.project_status
    if status is not None and status.status == "quarantined":
        return Page((), withheld=status.reason or "the project is quarantined")
    files: list[ProjectFile] = []
    dropped: list[str] = []
    for entry, file in zip(project.files, _validated(project.files), strict=True):
        made = None if file is None else _project_file(file, url)
        if made is None:
            dropped.append(str(entry.get("filename", ""))[:80] if isinstance(entry, dict) else "")
        else:
            files.append(made)
    return Page(unique(files), notes=_notes(dropped))


def _validated(entries: list[Any]) -> list[_File | None]:
    """Return every entry, or None where it makes no sense; one by one only if need be."""
    try:
        return list(_FILES.validate_python(entries))
    except ValidationError:
        pass
    files: list[_File | None] = []
    for entry in entries:
        try:
            files.append(_File.model_validate(entry))
        except ValidationError:
            files.append(None)
    return files


def _project_file(file: _File, url: str) -> ProjectFile | None:
    yanked = None if not file.yanked else file.yanked if isinstance(file.yanked, str) else ""
    metadata = file.core_metadata if file.core_metadata is not None else file.dist_info_metadata
    return project_file(
        filename=file.filename,
        link=file.url,
        base=url,
        sha256=file.hashes.get("sha256"),
        size=file.size,
        requires_python=file.requires_python,
        yanked=yanked,
        upload_time=file.upload_time,
        core_metadata_sha256=metadata.get("sha256") if isinstance(metadata, dict) else None,
    )


def _notes(dropped: list[str]) -> tuple[str, ...]:
    if not dropped:
        return ()
    names = ", ".join(repr(name) for name in dropped[:_NAMED] if name)
    return (f"{len(dropped)} file(s) of the index page make no sense and are left out{names and ': '}{names}",)
