"""The cache on disk: never wrong, whatever happened to its files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from wheelclash.http.cache import SCHEMA, Cache, default_folder

VALUE = {"paths": ["a.py", "b\u00e9.py", "\udc80"], "sizes": [1, 2, 3], "none": None}
REPOSITORY = Path(__file__).parents[2]


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"v{SCHEMA}/*/*") if path.is_file())


def test_a_value_comes_back_as_it_was_put_in_any_process(tmp_path: Path) -> None:
    Cache(tmp_path / "c").put("contents", "key", VALUE)
    assert Cache(tmp_path / "c").get("contents", "key") == VALUE


def test_kinds_and_keys_are_told_apart(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "key", 1)
    cache.put("page", "key", 2)
    cache.put("contents", "other", 3)
    assert [cache.get("contents", "key"), cache.get("page", "key"), cache.get("contents", "other")] == [1, 2, 3]
    assert cache.get("contents", "none") is None


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert Cache(tmp_path / "c").get("contents", "key") is None
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_no_cache() -> None:
    cache = Cache(None)
    cache.put("contents", "key", 1)
    assert cache.get("contents", "key") is None
    assert cache.warnings == []


def test_the_folder_says_that_it_is_a_cache(tmp_path: Path) -> None:
    Cache(tmp_path / "c").put("contents", "key", 1)
    assert (tmp_path / "c" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_secrets_in_keys_are_in_no_file_name_and_no_file(tmp_path: Path) -> None:
    Cache(tmp_path / "c").put("contents", "https://me:s3cr3t@files.example", 1)
    everything = "".join(f"{path} {path.read_bytes()!r}" for path in tmp_path.rglob("*") if path.is_file())
    assert "s3cr3t" not in everything


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data.replace(b"\n", b"", 1),
        lambda data: data + b" ",
        lambda _: b"\xff" * 100,
        lambda _: b"{}",
    ],
    ids=["truncated", "empty", "bit", "digest", "joined", "longer", "binary", "foreign"],
)
def test_a_damaged_entry_is_dropped_and_can_be_put_again(tmp_path: Path, damage: Any) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "key", VALUE)
    [path] = entries(tmp_path / "c")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get("contents", "key") is None
    assert not path.exists()
    cache.put("contents", "key", VALUE)
    assert cache.get("contents", "key") == VALUE
    assert cache.warnings == []


def test_an_entry_moved_to_another_key_is_no_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "one", 1)
    [one] = entries(tmp_path / "c")
    cache.put("contents", "two", 2)
    [two] = [path for path in entries(tmp_path / "c") if path != one]
    two.write_bytes(one.read_bytes())
    assert cache.get("contents", "two") is None


def test_another_schema_is_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path / "c").put("contents", "key", 1)
    monkeypatch.setattr("wheelclash.http.cache.SCHEMA", SCHEMA + 1)
    assert Cache(tmp_path / "c").get("contents", "key") is None


def uses(cache: Cache) -> list[str]:
    """Put and get as if nothing were wrong; the warnings afterwards."""
    cache.put("contents", "key", 1)
    cache.put("contents", "other", 2)
    assert cache.get("contents", "key") is None
    return cache.warnings


def test_a_symbolic_link_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "real")
    [warning] = uses(Cache(tmp_path / "c"))
    assert "symbolic link" in warning
    assert list((tmp_path / "real").iterdir()) == []


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "geteuid"):
        pytest.skip("no owners here")
    Cache(tmp_path / "c").put("contents", "key", 1)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    [warning] = uses(Cache(tmp_path / "c"))
    assert "another user" in warning


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    Cache(tmp_path / "c").put("contents", "key", 1)
    (tmp_path / "c").chmod(mode)
    [warning] = uses(Cache(tmp_path / "c"))
    assert "other users" in warning


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_an_entry_that_another_user_may_have_written_counts_as_absent(tmp_path: Path) -> None:
    Cache(tmp_path / "c").put("contents", "key", 1)
    (entry,) = (path for path in (tmp_path / "c").glob("v*/*/*") if path.is_file())
    assert Cache(tmp_path / "c").get("contents", "key") == 1
    entry.chmod(0o666)
    assert Cache(tmp_path / "c").get("contents", "key") is None
    entry.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(entry, 12345, -1)
        assert Cache(tmp_path / "c").get("contents", "key") is None


@pytest.mark.parametrize("place", ["c", "c/below"])
def test_a_file_in_the_way_is_one_warning(tmp_path: Path, place: str) -> None:
    (tmp_path / "c").write_text("I am a file")
    assert len(uses(Cache(tmp_path / place))) == 1


def test_a_read_only_folder_is_read_and_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "old", 1)

    real = os.open

    def read_only(path: Path, flags: int, *rest: int) -> int:  # chmod would not stop a test run by root
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system")
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", read_only)
    for key in ("new", "newer"):
        cache.put("contents", key, 2)
        assert cache.get("contents", key) is None
    assert cache.get("contents", "old") == 1
    assert len(cache.warnings) == 1


def test_a_full_disk_is_one_warning_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "old", 1)
    before = entries(tmp_path / "c")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    cache.put("contents", "new", 2)
    cache.put("contents", "newer", 3)
    assert len(cache.warnings) == 1
    assert "No space left" in cache.warnings[0]
    assert cache.get("contents", "old") == 1
    assert entries(tmp_path / "c") == before


WRITER = """
import sys
from pathlib import Path
from wheelclash.http.cache import Cache
cache = Cache(Path(sys.argv[1]))
print("ready", flush=True)
number = int(sys.argv[2])
while number:
    cache.put("contents", "key", {"from": sys.argv[3], "filler": "x" * 200_000})
    number -= 1
assert not cache.warnings, cache.warnings
"""


def writer(folder: Path, times: int, name: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(folder), str(times), name]
    return subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def test_an_entry_is_replaced_and_never_written_over(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "key", "old")
    [path] = entries(tmp_path / "c")
    os.link(path, tmp_path / "as a reader holds it")
    before = path.read_bytes()
    cache.put("contents", "key", "new")
    assert (tmp_path / "as a reader holds it").read_bytes() == before


def test_two_writers_and_a_reader_at_once_never_see_half_an_entry(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    seen = set()
    with writer(folder, 40, "one") as one, writer(folder, 40, "two") as two:
        cache = Cache(folder)
        while one.poll() is None or two.poll() is None:
            value = cache.get("contents", "key")
            if value is not None:
                assert len(value["filler"]) == 200_000
                seen.add(value["from"])
    assert (one.returncode, two.returncode) == (0, 0)
    assert seen <= {"one", "two"}
    assert cache.get("contents", "key") is not None
    assert not list(folder.rglob("*.tmp"))


def test_a_writer_killed_at_any_moment_leaves_the_old_value_or_the_new(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    Cache(folder).put("contents", "key", {"from": "old", "filler": "x" * 200_000})
    for pause in (0.0, 0.003, 0.01, 0.02):
        with writer(folder, 10_000, "new") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        value = Cache(folder).get("contents", "key")
        assert value is not None
        assert value["from"] in {"old", "new"}


def test_what_a_killed_writer_left_is_swept_away_once_it_is_old(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.put("contents", "key", 1)
    [path] = entries(tmp_path / "c")
    old, young = path.with_name("x.1.tmp"), path.with_name("x.2.tmp")
    old.write_text("half")
    young.write_text("half")
    os.utime(old, (1, 1))
    Cache(tmp_path / "c").put("contents", "key", 2)
    assert (old.exists(), young.exists()) == (False, True)


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WHEELCLASH_CACHE_DIR", str(tmp_path / "here"))
    assert default_folder() == tmp_path / "here"
    monkeypatch.setenv("WHEELCLASH_CACHE_DIR", "")
    assert "wheelclash" in str(default_folder())
