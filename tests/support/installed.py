"""Environments made by hand: files and RECORDs as an installer leaves them, or as nobody should."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.wheelmaker import record_digest
from wheelclash.environment.paths import places_below
from wheelclash.environment.scan import Scan, scan
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Handmade"]


@dataclass(frozen=True)
class Handmade:
    """An environment without an interpreter.

    Attributes:
        prefix: Its folder.
        folder: Its site-packages folder, if it is there already.
    """

    prefix: Path
    folder: Path | None = None

    @property
    def site(self) -> Path:
        """Its site-packages folder, made when first asked for."""
        folder = self.folder or self.prefix / "lib" / "python3.12" / "site-packages"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        *,
        version: str = "1.0",
        write: bool = True,
        rows: Sequence[tuple[str, str, str]] = (),
        record: bytes | None = None,
        installer: str | None = "pip",
        metadata: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
    ) -> Path:
        """Install a distribution.

        Args:
            name: As written.
            files: Paths relative to site-packages, as RECORD has them, and what is recorded there.
            version: Its version.
            write: Whether the files are written too; else they are only recorded.
            rows: Further rows of RECORD.
            record: RECORD, if not the right one; empty for an empty file.
            installer: INSTALLER, or None for none.
            metadata: Further lines of METADATA.
            more: Further files of the dist-info folder.

        Returns:
            The dist-info folder.
        """
        folder = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
        (folder / "METADATA").write_text("\n".join(lines) + "\n\nAbout it.\n")
        if installer is not None:
            (folder / "INSTALLER").write_text(installer)
        for own, text in (more or {}).items():
            (folder / own).write_text(text)
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        if write:
            for path, content in contents.items():
                place = self.site / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        told = [(path, record_digest(content), str(len(content))) for path, content in contents.items()]
        told += [(f"{folder.name}/{each.name}", "", "") for each in sorted(folder.iterdir())]
        told += [*rows, (f"{folder.name}/RECORD", "", "")]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(told)
        (folder / "RECORD").write_bytes(out.getvalue().encode("utf-8", "surrogateescape") if record is None else record)
        return folder

    def scan(
        self, *, every: bool = False, verify: Sequence[str] = (), jobs: int | None = 1, ignores_case: bool = False
    ) -> Scan:
        """Scan it, for the running interpreter; as if its file system ignored case, if told so."""
        places = places_below(self.prefix)
        if ignores_case:
            places = places._replace(case_sensitive=False)
        return scan(places, target_of(running()), every=every, verify=verify, jobs=jobs)
