"""The options that say where wheels are looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass

from wheelclash.validation import checked_values, instance, option, paths

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["IndexOptions"]

_ALL = "check env fix who contents-add"


def _location(text: str) -> str:
    """Return the URL or folder of uv's ``name=location``."""
    from wheelclash.index.uv_config import location_of

    return location_of(text)


def _url_or_none(name: str, value: Any) -> str | None:
    url: str | None = instance(name, value, str | None, "a URL or None")
    return url


def _strategy(name: str, value: Any) -> str | None:
    strategy: str | None = instance(name, value, str | None, "the name of a strategy or None")
    return strategy


def _file(name: str, value: Any) -> str | None:
    path = instance(name, value, str | os.PathLike | None, "a path or None")
    return None if path is None else os.fspath(path)


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """Where to look for wheels; what is left out is as the user's installers are configured.

    Attributes:
        index_url: The package index.
        extra_index_urls: Further indexes, in order.
        find_links: Pages and folders of wheels, in order.
        no_index: Ask no index: only ``find_links`` and paths.
        strategy: Of several indexes: ``first-index`` (the first that has the project), ``merge`` or uv's
            ``unsafe-best-match`` (the best version of all).
        cert: A file of further CA certificates (PEM).
    """

    index_url: str | None = option(
        "-i", "--index-url", "--default-index", default=None, commands=_ALL, repeated=True, group="index",
        in_project=True,
        metavar="URL", parse=_location, check=_url_or_none, help="the package index",
    )  # fmt: skip
    extra_index_urls: Sequence[str] = option(
        "--extra-index-url", "--index", default=(), commands=_ALL, repeated=True, group="index", metavar="URL",
        in_project=True,
        parse=_location, help="a further index; repeatable",
    )  # fmt: skip
    find_links: Sequence[str] = option(
        "-f", "--find-links", default=(), commands=_ALL, repeated=True, group="index", metavar="URL|DIR", check=paths,
        in_project=True, is_path=True,
        help="a page or folder of wheels; repeatable",
    )  # fmt: skip
    no_index: bool = option(
        "--no-index",
        default=False,
        commands=_ALL,
        repeated=True,
        group="index",
        help="only --find-links and paths",
        in_project=True,
    )
    strategy: str | None = option(
        "--index-strategy", default=None, in_project=True, commands=_ALL, repeated=True, group="index", check=_strategy,
        choices=("first-index", "unsafe-best-match"),
        help="several indexes: the first that has the project, or the best version of all",
    )  # fmt: skip
    cert: str | None = option(
        "--cert", default=None, commands=_ALL, repeated=True, group="index", metavar="FILE", check=_file,
        in_project=True, is_path=True,
        help="further CA certificates (PEM)",
    )  # fmt: skip

    @classmethod
    def checked(cls, options: IndexOptions | None) -> IndexOptions:
        """Return what a caller gave, none for None.

        Raises:
            TypeError: It is of another type, or one of its fields is.
        """
        if options is None:
            return cls()
        instance("index", options, cls, "an IndexOptions or None")
        return cls(**checked_values(options))
