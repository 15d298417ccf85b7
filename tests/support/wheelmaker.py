"""Tiny real wheels for tests: a name, some files, and whatever is wrong with them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def record_digest(content: bytes, algorithm: str = "sha256") -> str:
    """The RECORD form of a hash: urlsafe base64 without padding."""
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


_PROVIDERS = {
    "x86_64": {"requires": ["x86-64-variant-provider"]},
    "nvidia": {
        "requires": ["nvidia-variant-provider"],
        "plugin-api": "nvidia_variant_provider.plugin:NvidiaVariantPlugin",
    },
}
"""What detects the properties of a namespace; uv has these built in."""


def variants_json(variants: dict[str, dict[str, dict[str, list[str]]]]) -> bytes:
    """What describes variants: of one wheel in its dist-info folder, of a release beside its wheels.

    The values of other namespaces than uv's own suit every machine, the first best.
    """
    static: dict[str, dict[str, list[str]]] = {}
    for properties in variants.values():
        for namespace, features in properties.items():
            for feature, values in features.items():
                static.setdefault(namespace, {}).setdefault(feature, []).extend(values)
    providers = {name: _PROVIDERS.get(name, {"static-properties": features}) for name, features in static.items()}
    document = {
        "$schema": "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json",
        "default-priorities": {"namespace": sorted(static) or ["x86_64"]},
        "providers": providers or {"x86_64": _PROVIDERS["x86_64"]},
        "variants": variants,
    }
    return json.dumps(document, sort_keys=True).encode()


@dataclass
class Wheel:
    """A wheel to be written.

    Attributes:
        name: Distribution name, as spelt in METADATA.
        version: Its version.
        files: Archive path to content; the dist-info files are added.
        scripts, gui_scripts: Entry points, ``name -> module:attr``.
        requires, requires_python: METADATA's dependencies.
        tag: The compatibility tag.
        build: Build tag, or "".
        label: Variant label, or "".
        properties: What its variant.json says it is for: namespace, feature, values. None leaves the file out.
        purelib: WHEEL's ``Root-Is-Purelib``, verbatim.
        metadata: Further METADATA lines.
        record: Bytes to write as RECORD instead of the right ones; None for the right ones, b"" for an empty file.
        record_extra: Rows appended to the right RECORD.
        unlisted: Archive paths left out of the right RECORD.
        no_record: Leave RECORD out of the zip altogether.
        record_first: Put RECORD first in the zip (far from its end).
        compression: zipfile's compression method.
        compressions: Archive path to another one.
        modes: Archive path to Unix mode where it is not a plain 0644 file, e.g. a symbolic link.
    """

    name: str
    version: str = "1.0"
    files: dict[str, bytes | str] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    gui_scripts: dict[str, str] = field(default_factory=dict)
    requires: list[str] = field(default_factory=list)
    requires_python: str | None = None
    tag: str = "py3-none-any"
    build: str = ""
    label: str = ""
    properties: dict[str, dict[str, list[str]]] | None = None
    purelib: str = "true"
    metadata: list[str] = field(default_factory=list)
    record: bytes | None = None
    record_extra: list[tuple[str, str, str]] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    no_record: bool = False
    record_first: bool = False
    compression: int = zipfile.ZIP_DEFLATED
    compressions: dict[str, int] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)

    @property
    def escaped(self) -> str:
        """The name as file names spell it."""
        return self.name.replace("-", "_").replace(".", "_").lower()

    @property
    def filename(self) -> str:
        """The wheel's file name."""
        parts = [self.escaped, self.version, *filter(None, [self.build]), self.tag, *filter(None, [self.label])]
        return "-".join(parts) + ".whl"

    @property
    def dist_info(self) -> str:
        """Its dist-info folder."""
        return f"{self.escaped}-{self.version}.dist-info"

    def entries(self) -> dict[str, bytes]:
        """Every file of the zip but RECORD, in order."""
        found = {path: text.encode() if isinstance(text, str) else text for path, text in self.files.items()}
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Requires-Dist: {each}" for each in self.requires]
        if self.requires_python is not None:
            lines.append(f"Requires-Python: {self.requires_python}")
        lines += self.metadata
        found.setdefault(f"{self.dist_info}/METADATA", ("\n".join(lines) + "\n").encode())
        found.setdefault(
            f"{self.dist_info}/WHEEL",
            f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {self.purelib}\nTag: {self.tag}\n".encode(),
        )
        groups = {"console_scripts": self.scripts, "gui_scripts": self.gui_scripts}
        text = "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()) + "\n"
            for group, points in groups.items()
            if points
        )
        if text:
            found.setdefault(f"{self.dist_info}/entry_points.txt", text.encode())
        if self.properties is not None:
            described = variants_json({self.label: self.properties})
            found.setdefault(f"{self.dist_info}/variant.json", described)
        return found

    def record_bytes(self) -> bytes:
        """RECORD as it will be written."""
        if self.record is not None:
            return self.record
        rows = [
            (path, record_digest(content), str(len(content)))
            for path, content in self.entries().items()
            if path not in self.unlisted and not path.endswith("/")
        ]
        rows += self.record_extra
        rows.append((f"{self.dist_info}/RECORD", "", ""))
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue().encode()

    def to_bytes(self) -> bytes:
        """The wheel; equal inputs give equal bytes."""
        entries = self.entries()
        if not self.no_record:
            record = {f"{self.dist_info}/RECORD": self.record_bytes()}
            entries = {**record, **entries} if self.record_first else {**entries, **record}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", self.compression) as archive:
            for path, content in entries.items():
                info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
                info.compress_type = self.compressions.get(path, self.compression)
                info.external_attr = self.modes.get(path, 0o644) << 16
                archive.writestr(info, content)
        return out.getvalue()

    def write(self, folder: Path) -> Path:
        """Write it into ``folder``; its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.to_bytes())
        return path
