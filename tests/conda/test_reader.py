"""Reading archives of conda over HTTP and from disk: few requests, bounded, and every fault with its reason."""

from __future__ import annotations

import bz2
import hashlib
import importlib.util
import io
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.clients import quick_fetcher
from tests.support.condamaker import Conda, tar, zstd
from tests.support.loopback import LoopbackIndex
from wheelclash.conda import reader as reader_module
from wheelclash.conda.package import CondaPackage
from wheelclash.conda.reader import cached_package, read_packages
from wheelclash.http.cache import Cache
from wheelclash.wheel.reader import WheelReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelclash.conda.contents import CondaContents
    from wheelclash.core.distribution import Skip

SMALL = Conda("small", files={"share/a.txt": "a", "bin/tool": "t"})
BIG = Conda("big", files={"share/a.txt": "a", "lib/big.so": bytes(range(256)) * 4096})
OLD = Conda("old", files={"share/a.txt": "a"}, ending=".tar.bz2")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "served") as served:
        for package in (SMALL, BIG, OLD):
            served.add_file(package.filename, package.build_archive())
        yield served


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[WheelReader]:
    reader = WheelReader(quick_fetcher(), Cache(tmp_path / "cache"))
    yield reader
    reader.fetcher.close()


def located(index: LoopbackIndex, package: Conda, **changes: Any) -> CondaPackage:
    facts = index.facts(package.filename)
    told: dict[str, Any] = {"sha256": facts.sha256, "size": facts.size, "url": index.file_url(package.filename)}
    return CondaPackage(package.filename, package.name, package.version, **(told | changes))


def read(package: CondaPackage, reader: WheelReader) -> CondaContents | Skip:
    contents, skipped = read_packages([package], reader)
    return contents[package] if contents else skipped[0]


def code_of(package: CondaPackage, reader: WheelReader) -> tuple[str, str]:
    skip = read(package, reader)
    assert not hasattr(skip, "files"), skip
    return skip.code, skip.reason


@pytest.mark.parametrize("package", [SMALL, BIG, OLD])
def test_one_request_is_enough_and_the_second_run_needs_none(
    package: Conda, index: LoopbackIndex, reader: WheelReader
) -> None:
    asked = located(index, package)
    contents = read(asked, reader)
    assert [file.path for file in contents.files] == list(package.files)  # type: ignore[union-attr]
    assert len(index.file_requests) == 1
    assert cached_package(asked, reader.cache) == contents
    assert read(asked, reader) == contents
    assert len(index.file_requests) == 1
    for changes in ({"sha256": "0" * 64}, {"url": asked.url.replace("127.0.0.1", "localhost")}, {"size": 1}):
        assert cached_package(located(index, package, **changes), reader.cache) is None


def test_what_is_not_described_is_not_fetched(index: LoopbackIndex, reader: WheelReader) -> None:
    """Of an archive that is no more than a megabyte the end alone is fetched, with the description in it."""
    index.folder.joinpath(BIG.filename).write_bytes(stored := _stored(BIG))
    index.facts(BIG.filename).sha256, index.facts(BIG.filename).size = hashlib.sha256(stored).hexdigest(), len(stored)
    read(located(index, BIG), reader)
    (request,) = index.file_requests
    assert request.range is not None
    assert reader.fetcher.traffic.bytes < 150_000 < len(stored)


def _stored(package: Conda) -> bytes:
    """An archive with its files as they are: a real one has megabytes that cannot be packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"pkg-{package.stem}.tar.zst", tar(package.files))
        archive.writestr(f"info-{package.stem}.tar.zst", zstd.compress(tar(package.described)))
    return stream.getvalue()


def test_a_server_without_ranges_is_asked_for_all_of_it(index: LoopbackIndex, reader: WheelReader) -> None:
    index.fault("/files/*", "no-ranges")
    reader.fetcher.max_download = 5
    assert code_of(located(index, BIG), reader)[0] == "too-large"
    reader.fetcher.max_download = 5_000_000
    assert read(located(index, BIG), reader).files  # type: ignore[union-attr]


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}-small-1.0-0.tar.zst", data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"no zip file", "unreadable", "it is no zip file"),
        (b"", "unreadable", "it is empty"),
        (zipped(pkg=b""), "unreadable", "it has no info-small-1.0-0.tar.zst"),
        (zipped(info=b"no zstd"), "unreadable", "it cannot be unpacked"),
        (zipped(info=zstd.compress(b"no tar" * 200)), "unreadable", "it cannot be unpacked"),
        (zipped(info=zstd.compress(tar(SMALL.described))[:-20]), "unreadable", "it cannot be unpacked"),
        (zipped(info=zstd.compress(tar({}))), "unreadable", "no conda package"),
        (zipped(info=zstd.compress(tar({"info/a": bytes(3_000_000)}))), "limit", "does not end within"),
        (zipped(info=zstd.compress(tar({"info/index.json": bytes(3_000_000)}))), "limit", "does not end within"),
        (zipped(info=bytes(70_000)), "limit", "has more than"),
    ],
    ids=[
        "no zip", "empty", "no description", "no zstd", "no tar", "cut off", "no conda package", "a large file first",
        "a large description", "a large member",
    ],
)  # fmt: skip
def test_bad_archives_end_in_a_skip(
    content: bytes, code: str, words: str, index: LoopbackIndex, reader: WheelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_LARGEST", 2_000_000)
    monkeypatch.setattr(reader_module, "_LARGEST_PACKED", 60_000)
    index.add_file(SMALL.filename, content)
    for path in (None, index.folder / SMALL.filename):
        found, reason = code_of(located(index, SMALL, path=path), reader)
        assert found == code
        assert words in reason or (path is not None and not content and "no zip file" in reason)


def test_old_archives_are_bounded_too(
    index: LoopbackIndex, reader: WheelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_LARGEST", 2_000_000)
    index.add_file(OLD.filename, bz2.compress(tar({"share/a": bytes(3_000_000)})))
    assert code_of(located(index, OLD), reader)[0] == "limit"
    index.add_file(OLD.filename, b"no bzip2")
    assert code_of(located(index, OLD), reader)[0] == "unreadable"
    reader.fetcher.max_download = 5
    code, reason = code_of(located(index, OLD), reader)
    assert (code, "--max-download" in reason) == ("too-large", True)


def test_an_old_archive_is_unpacked_no_further_than_its_description(
    index: LoopbackIndex, reader: WheelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_LARGEST", 2_000_000)
    index.add_file(OLD.filename, bz2.compress(tar({**OLD.described, "share/huge": bytes(3_000_000)})))
    assert read(located(index, OLD), reader).files  # type: ignore[union-attr]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    ending=st.sampled_from([".conda", ".tar.bz2"]),
    is_in_tar=st.booleans(),
)
def test_no_damage_ends_in_anything_but_a_skip(
    data: st.DataObject, ending: str, reader: WheelReader, tmp_path: Path, *, is_in_tar: bool
) -> None:
    package = Conda("small", noarch="python", files={"share/a.txt": "a"}, entry_points=["a = b:c"], ending=ending)
    content = bytearray(tar(package.described) if is_in_tar else package.build_archive())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.sampled_from([0, 1, 100]))] = data.draw(st.binary(max_size=4))
    packed = bytes(content)
    if is_in_tar:
        packed = zipped(info=zstd.compress(packed)) if ending == ".conda" else bz2.compress(packed)
    path = tmp_path / package.filename
    path.write_bytes(packed)
    read(CondaPackage(package.filename, "small", "1.0", path.as_uri(), path=path), reader)


def test_links_in_an_archive_are_not_followed(index: LoopbackIndex, reader: WheelReader) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (("info/index.json", tarfile.SYMTYPE), ("info/paths.json", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/hostname"
            archive.addfile(member)
    index.add_file(OLD.filename, bz2.compress(stream.getvalue()))
    code, reason = code_of(located(index, OLD), reader)
    assert (code, "it has no info/index.json" in reason) == ("unreadable", True)


def test_an_archive_that_is_not_there_is_told(index: LoopbackIndex, reader: WheelReader) -> None:
    index.fault("/files/*", "status", status=404)
    assert code_of(located(index, SMALL), reader)[0] == "not-found"
    assert code_of(located(index, SMALL, path=index.folder / "gone.conda"), reader)[0] == "unreadable"


@pytest.mark.parametrize("package", [SMALL, OLD])
@pytest.mark.parametrize("is_local", [False, True])
def test_another_archive_than_the_lock_describes_is_refused(
    package: Conda, index: LoopbackIndex, reader: WheelReader, *, is_local: bool
) -> None:
    path = index.folder / package.filename if is_local else None
    code, reason = code_of(located(index, package, sha256="0" * 64, path=path), reader)
    assert (code, "its sha256 differs" in reason) == ("changed", True)
    if is_local or package is OLD:
        code, reason = code_of(located(index, package, sha256=None, md5="0" * 32, path=path), reader)
        assert (code, "its md5 differs" in reason) == ("changed", True)
    md5 = hashlib.md5((index.folder / package.filename).read_bytes(), usedforsecurity=False).hexdigest()
    assert read(located(index, package, sha256=None, md5=md5, path=path), reader).files  # type: ignore[union-attr]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python has zstd itself")
def test_without_the_library_the_extra_is_named_once(
    index: LoopbackIndex, reader: WheelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    contents, skipped = read_packages([located(index, each) for each in (SMALL, BIG, OLD)], reader)
    assert [package.name for package in contents] == ["old"]
    (skip,) = skipped
    assert (skip.requirement, skip.code) == ("2 conda packages", "conda")
    assert skip.reason.endswith("pip install 'wheelclash[conda]'")
