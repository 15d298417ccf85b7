"""Requirements files and what they include."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.resolve.requirements_txt import LARGEST, Included, look_through

if TYPE_CHECKING:
    from pathlib import Path


def look(
    folder: Path,
    files: dict[str, str],
    *,
    start: str | None = "a.txt",
    text: bytes | None = None,
    environ: dict[str, str] | None = None,
    credentials: Credentials | None = None,
) -> Included:
    """Write files and look through the first."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return look_through(
        [] if start is None else [folder / start],
        text,
        environ=environ or {},
        cwd=folder,
        credentials=credentials or Credentials(),
    )


@pytest.mark.parametrize(
    "line",
    ["-r b.txt", "-rb.txt", "--requirement b.txt", "--requirement=b.txt", "-c b.txt", "--constraint 'b.txt'",
     "  -r ./b.txt  # why", "-r \\\n b.txt", "-r ${HERE}/b.txt", "--requirements b.txt"],
)  # fmt: skip
def test_a_circle_is_refused_however_it_is_closed(tmp_path: Path, line: str) -> None:
    with pytest.raises(QuestionError, match=r"b\.txt → a\.txt → b\.txt|a\.txt → b\.txt → a\.txt"):
        look(tmp_path, {"a.txt": line, "b.txt": "-r a.txt"}, environ={"HERE": str(tmp_path)})


def test_a_file_may_not_include_itself(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"a\.txt → a\.txt"):
        look(tmp_path, {"a.txt": "x\n-r a.txt"})


def test_a_link_does_not_hide_a_circle(tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(".")
    with pytest.raises(QuestionError, match="itself"):
        look(tmp_path, {"a.txt": "-r here/a.txt"})


def test_a_file_included_twice_is_no_circle(tmp_path: Path) -> None:
    look(tmp_path, {"a.txt": "-r b.txt\n-r c.txt", "b.txt": "-r d.txt", "c.txt": "-r d.txt", "d.txt": "x"})


def test_many_files_that_share_files_are_quickly_looked_through(tmp_path: Path) -> None:
    """Every one is read once, not once for each of a million paths to it."""
    files = {f"{n}.txt": f"-r {n + 1}.txt\n-r {n + 1}.txt\n-c {n + 1}.txt" for n in range(30)}
    look(tmp_path, {**files, "30.txt": "x"}, start="0.txt")


def test_a_chain_without_end_is_refused(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"-r {n + 1}.txt" for n in range(100)}
    with pytest.raises(QuestionError, match="deep"):
        look(tmp_path, files, start="0.txt")


def test_includes_start_from_the_folder_of_their_file(tmp_path: Path) -> None:
    look(tmp_path, {"a.txt": "-r sub/b.txt", "sub/b.txt": "-c c.txt", "sub/c.txt": "x"})


def test_includes_of_the_standard_input_start_from_the_current_folder(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="itself"):
        look(tmp_path, {"a.txt": "-r a.txt"}, start=None, text=b"-r a.txt")


@pytest.mark.parametrize("line", ["-r http://127.0.0.1:1/x.txt", "-c https://user:hush@127.0.0.1:1/x.txt"])
def test_a_file_from_the_network_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(QuestionError, match="the network") as caught:
        look(tmp_path, {"a.txt": line})
    assert "http" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_variable_in_the_address_of_a_refused_file_is_not_filled_in(tmp_path: Path) -> None:
    with pytest.raises(QuestionError) as caught:
        look(tmp_path, {"a.txt": "-r https://host.example/${TOKEN}/x.txt"}, environ={"TOKEN": "hush"})
    assert "hush" not in str(caught.value)


def test_a_file_that_is_not_there_is_named_with_what_includes_it(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"b\.txt.*a\.txt"):
        look(tmp_path, {"a.txt": "-r b.txt"})


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(QuestionError, match="MiB"):
        look(tmp_path, {})


def test_requirements_and_comments_are_no_includes(tmp_path: Path) -> None:
    look(tmp_path, {"a.txt": "# -r nothing.txt\nrequests -r\n-e .\n--constraints-are-fun\n-f links\n\ufeff\n"})


def test_only_variables_that_are_set_count_and_secrets_are_known_by_name(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        {"a.txt": "x @ https://${USER_TOKEN}@host/${RELEASE}/${UNSET}\n-r b.txt", "b.txt": "${lower}"},
        environ={"USER_TOKEN": "t", "RELEASE": "1", "OTHER": "o", "lower": "l"},
    )
    assert [(each.value, each.shown) for each in found.variables] == [("t", "${USER_TOKEN}"), ("1", "${RELEASE}")]
    assert [each.value for each in found.secrets] == ["t"]


def test_credentials_are_kept_for_their_origin(tmp_path: Path) -> None:
    credentials = Credentials()
    look(
        tmp_path,
        {"a.txt": "-r b.txt", "b.txt": "--extra-index-url=https://me:${PW}@a.example/simple\nx @ http://u@b.example/x"},
        environ={"PW": "p%40w"},
        credentials=credentials,
    )
    assert credentials.find("https://a.example/other") == ("me", "p@w")
    assert credentials.find("http://b.example/") == ("u", "")


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe-r\x00 \xc3\x28\n-r ")
    look(tmp_path, {})


@pytest.mark.parametrize(
    "text",
    [
        "one==1 # why \\\ntwo==2\nthree==3",
        "# zero==0 \\\none==1\ntwo==2\nthree==3",
        "one==1 \\\n # via \\\ntwo==2\nthree==3",
        "one==1 \\\r\n    --hash=sha256:00\r\ntwo==2 \\\r\n\r\nthree==3\\",
        "one==1\rtwo\\\r==2\rthree==3 --hash=sha256:00 \\",
    ],
)
def test_a_comment_ends_with_its_line(tmp_path: Path, text: str) -> None:
    """So that a backslash at its end takes nothing of the next line away."""
    included = look(tmp_path, {}, start=None, text=text.encode())
    assert ["".join(line.text.split()) for line in included.requirements] == ["one==1", "two==2", "three==3"]


def test_hashes_are_kept_apart_from_the_requirement(tmp_path: Path) -> None:
    text = f"one==1 --hash=sha256:{'A' * 64} \\\n --hash sha256:{'b' * 64} --hash=sha512:{'c' * 128}\ntwo==2"
    lines = look(tmp_path, {}, start=None, text=text.encode()).requirements
    hashes = {f"sha256:{'a' * 64}", f"sha256:{'b' * 64}", f"sha512:{'c' * 128}"}
    assert [line.hashes for line in lines] == [hashes, set()]
