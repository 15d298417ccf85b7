"""Where the files of a lock are: URLs without their secrets, and paths that stay within the project."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from wheelclash.http.urls import local_path, without_credentials

if TYPE_CHECKING:
    from wheelclash.http.urls import Credentials

__all__ = ["FileLocation", "LockLocation", "filename_of"]

_LOCAL_HOSTS = {"", "localhost"}
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,4})?/[^\s\\@#?\[\]]*")
"""A URL that need not be taken apart to know that it can be read and hides nothing; locks have thousands."""


class FileLocation(NamedTuple):
    """Where one file is.

    Attributes:
        url: ``http(s)://`` or ``file://``, without credentials and fragment; empty if it is not to be read.
        path: The local file, if it is one.
        sha256: What the URL's fragment says, as it stands there.
        refused: Why it is not to be read, one sentence; else empty.
        way_out: What to do to compare it all the same, if it is a wheel; else empty.
    """

    url: str = ""
    path: Path | None = None
    sha256: str | None = None
    refused: str = ""
    way_out: str = ""


class LockLocation:
    """Where one lock is, and where it says that files are.

    Args:
        name: What messages call the lock, such as ``uv.lock``.
        folder: The lock's; relative paths start here, and no path may lead out of it.
        credentials: Receives the user names and passwords of URLs of files and indexes.
        path: The lock's own path; None for the standard input.
        anywhere: Whether local files may be anywhere: so where the description was made on this machine.

    Attributes:
        name: As the argument.
        path: As the argument.
        folder: The lock's folder, as an absolute path.
    """

    def __init__(
        self, name: str, folder: Path, credentials: Credentials, *, path: Path | None = None, anywhere: bool = False
    ) -> None:
        self.name = name
        self.path = path
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 - lexical: links are the user's business
        self._credentials = credentials
        self._anywhere = anywhere

    def of_url(self, text: str) -> FileLocation:
        """Return where the file at a URL is; credentials in the URL are stored."""
        if _PLAIN.fullmatch(text):
            return FileLocation(url=text)
        try:
            parts = urlsplit(text)
            usable = parts.port is None or bool(parts.hostname)
        except ValueError:
            return FileLocation(refused="its URL is none")
        clean = without_credentials(parts._replace(fragment="").geturl())
        scheme = parts.scheme.lower()
        fragment = parts.fragment.rpartition("sha256=")[2].partition("&")[0] if "sha256=" in parts.fragment else None
        if scheme == "file":
            path = local_path(clean)
            if path is None or parts.netloc.lower() not in _LOCAL_HOSTS or "\0" in str(path):
                return FileLocation(refused=f"{clean} names no file of this machine")
            return self._local(path, str(path))._replace(sha256=fragment)
        if scheme not in {"http", "https"} or not usable or not parts.hostname:
            return FileLocation(refused=f"{clean} is neither http(s) nor a file")
        return FileLocation(url=self._credentials.take(parts._replace(fragment="").geturl()), sha256=fragment)

    def of_path(self, text: str, below: str = "") -> FileLocation:
        """Return where the file at a path is, the path spelt as the lock spells it.

        Args:
            text: The path, with either separator.
            below: The folder it is relative to, itself relative to the lock's.
        """
        if "\0" in text or "\0" in below:
            return FileLocation(refused="its path holds a null character")
        native = text if os.name == "nt" else text.replace("\\", "/")
        return self._local(self.folder / below / native, text)

    def index_url(self, text: str | None) -> str | None:
        """Return an index as candidates name it: a URL without credentials, which are stored; None if it is no URL."""
        if text is None:
            return None
        try:
            scheme = urlsplit(text).scheme.lower()
        except ValueError:
            return None
        return self._credentials.take(text) if scheme in {"http", "https", "file"} else None

    def is_root(self, text: str) -> bool:
        """Return whether a path is the lock's own folder."""
        return "\0" not in text and os.path.normpath(self.folder / text) == str(self.folder)

    def _local(self, path: Path, shown: str) -> FileLocation:
        whole = Path(os.path.normpath(path))
        if not self._anywhere and not whole.is_relative_to(self.folder):
            return FileLocation(
                refused=f"the lock points out of its project, at {shown}",
                way_out="to compare that wheel, name it yourself",
            )
        try:
            return FileLocation(url=whole.as_uri(), path=whole)
        except ValueError:
            return FileLocation(refused=f"{shown} is no path")


def filename_of(url_or_path: str) -> str:
    """Return the last part of a URL or path, unquoted where it is a URL's."""
    if "%" not in url_or_path and _PLAIN.fullmatch(url_or_path):
        return url_or_path.rpartition("/")[2]
    if "://" in url_or_path or url_or_path.startswith("file:"):
        try:
            return unquote(urlsplit(url_or_path).path.rpartition("/")[2])
        except ValueError:
            return ""
    return url_or_path.replace("\\", "/").rpartition("/")[2]
