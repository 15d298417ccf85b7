"""Running uv: finding it, naming a target to it, and reading its messages.

It runs without its own settings, without questions to a terminal, and for a bounded time. It is the one of the PyPI
package ``uv`` (which the extra ``uv`` asks for), or the first on PATH. A target is named by the interpreter itself, or
by the names uv has for versions and platforms. Messages are repeated in a paragraph, in uv's words, without boxes and
without secrets.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from wheelclash.errors import QuestionError, UnresolvedError
from wheelclash.http.urls import redacted as without_logins
from wheelclash.target.interpreter import running, target_of
from wheelclash.target.platforms import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexSettings
    from wheelclash.processes import Done
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = [
    "OLDEST",
    "Secret",
    "Uv",
    "UvTarget",
    "cause",
    "clean_environ",
    "failure",
    "find_uv",
    "index_arguments",
    "passwords",
    "redacted",
    "run",
    "unknown_projects",
    "uv_target",
    "warnings",
    "without_secrets",
]

_LONGEST = 2000
_SHORTEST_SECRET = 4
_BOXES = "\u00d7├╰"
_DRAWN = re.compile(rf"^[\s{_BOXES}│─▶]*[{_BOXES}][\s{_BOXES}│─▶]*|^[\s│]+")
_OPENING = re.compile(r"(error|warning|hint|tip|cause|caused by)[:.]\s*", re.IGNORECASE)
_PROGRESS = re.compile(
    r"(?:Resolved|Using|Building|Built|Updating|Updated|Downloading|Downloaded|Preparing|Prepared|Cloning) |Resolved in"
    r"|For more information, try|Usage: |\[possible values:"
)
_NEEDS_BUILD = re.compile(r"--no-build|no usable wheels|[Bb]uilding (?:source distributions|from source)")
_IDLE_WARNING = re.compile(r"will be used to build dependencies|is deprecated")


class Secret(NamedTuple):
    """Something not to be printed.

    Attributes:
        value: The text that must not be shown.
        shown: What is printed in its place.
    """

    value: str
    shown: str

    def __repr__(self) -> str:
        """Return the text that is printed in the place of the secret."""
        return f"<Secret {self.shown}>"


class _Message(NamedTuple):
    kind: str
    text: str


def failure(complaints: str, returncode: int, secrets: Sequence[Secret], *, builds: bool) -> UnresolvedError:
    """Return an error that says in uv's words why it found nothing to install.

    Args:
        complaints: Its standard error.
        returncode: Its exit code.
        secrets: What not to repeat.
        builds: Whether source archives were allowed; if that is the cause, the hint names the option.
    """
    messages = [message for message in _messages(redacted(complaints, secrets)) if message.kind != "warning"]
    causes = [message.text.rstrip(".:") for message in messages if message.kind not in {"hint", "tip"}]
    hints = [message.text.rstrip(".") for message in messages if message.kind in {"hint", "tip"}]
    words = ": ".join(causes) or f"it ended with code {returncode} and said nothing"
    if hints:
        words += f" (hint: {'; '.join(hints)})"
    hint = ""
    if not builds and _NEEDS_BUILD.search(complaints):
        hint = (
            "What came as source only is not known until it is built: --build would build it (runs its code), or ask an"
            " environment it is installed in (wheelclash env)."
        )
    if "only unsupported wheel variants" in complaints:
        hint = "uv resolves no release that has wheel variants alone: name it and the rest of the set, with --no-deps."
    return UnresolvedError(f"uv did not resolve this: {_shortened(words)}.", hint)


_CAUSES = (
    (re.compile(r"([\w.-]+)(?:[=<>!~][^ ]*)? has no wheels? with a matching"), "{} has no wheel for this target"),
    (re.compile(r"([\w.-]+)(?:[=<>!~][^ ]*)? has no usable wheels"), "{} has no wheel for this target"),
    (re.compile(r"([\w.-]+) was not found in"), "{}, which it requires, was not found"),
    (re.compile(r"no versions? of ([\w.-]+(?:\[[^\]]*\])?\S*)"), "there is no release {}"),
)
_LONGEST_CAUSE = 240
_MARKED = re.compile(r"(?<=[\w\]])\{[^{}]*\}")
"""The marker that uv puts behind a name."""


def unknown_projects(failed: QuestionError) -> tuple[str, ...]:
    """Return the names of which uv says that no index has them."""
    return tuple(dict.fromkeys(re.findall(r"([\w.-]+) was not found in", failed.reason)))


def cause(failed: QuestionError) -> str:
    """Return the cause of a failure in one clause: what is missing, if uv says so, else the beginning of its words."""
    reason = _MARKED.sub("", failed.reason)
    for pattern, clause in _CAUSES:
        match = pattern.search(reason)
        if match is not None:
            return clause.format(match[1].rstrip(",."))
    words = reason.partition(": ")[2].removeprefix("No solution found when resolving dependencies: ")
    words = words.partition(", we can conclude")[0].rstrip(".")
    return f"uv says: {words if len(words) <= _LONGEST_CAUSE else words[:_LONGEST_CAUSE] + '…'}"


def warnings(complaints: str, secrets: Sequence[Secret]) -> list[str]:
    """Return those of uv's warnings that say something about the set, each a sentence."""
    sentences = [message.text for message in _messages(redacted(complaints, secrets)) if message.kind == "warning"]
    return [f"uv: {_shortened(text)}" for text in dict.fromkeys(sentences) if not _IDLE_WARNING.search(text)]


def redacted(text: str, secrets: Iterable[Secret]) -> str:
    """Return text without user names, passwords and secrets."""
    return without_secrets(without_logins(text), secrets)


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """Return text without secrets, for what has no user names and passwords: a URL past which logins are kept."""
    clean = text
    for hidden in sorted(secrets, key=lambda secret: -len(secret.value)):
        if len(hidden.value) >= _SHORTEST_SECRET:
            for spelling in {hidden.value, quote(hidden.value, safe=""), quote(hidden.value)}:
                clean = clean.replace(spelling, hidden.shown)
    return clean


def _messages(complaints: str) -> Iterator[_Message]:
    """Yield uv's messages, each as one line; a message goes on over lines that begin no other."""
    kind, parts = "", [""]
    for raw in complaints.splitlines():
        drawn = _DRAWN.match(raw)
        line = raw[drawn.end() :] if drawn else raw
        if not line.strip() or _PROGRESS.match(line):
            continue
        opening = _OPENING.match(line)
        if opening is not None or (drawn is not None and any(character in drawn[0] for character in _BOXES)):
            yield from _whole(kind, parts)
            kind, parts = opening[1].lower() if opening is not None else "cause", []
            line = line[opening.end() :] if opening is not None else line
        parts.append(line.strip())
    yield from _whole(kind, parts)


def _whole(kind: str, parts: Sequence[str]) -> Iterator[_Message]:
    text = " ".join(part for part in parts if part)
    if text:
        yield _Message(kind, text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


OLDEST = (0, 9)
"""The oldest uv that will do, and what the extra asks for.

``uv pip compile --format pylock.toml`` came with 0.6.15; but 0.8 still takes a script for a requirements file in
which everything is a comment, and answers that nothing would be installed.
"""

PATIENCE = 900.0
"""Seconds a resolution has, unless told otherwise: a large set over a slow line, source distributions included."""

_QUICK = 30.0
_INSTALL = "Install it (pip install uv)"
_KEPT = frozenset({
    "UV_CACHE_DIR", "UV_CREDENTIALS_DIR", "UV_HTTP_RETRIES", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT",
    "UV_CONCURRENT_BUILDS", "UV_CONCURRENT_DOWNLOADS", "UV_KEYRING_PROVIDER", "UV_LOCK_TIMEOUT", "UV_NATIVE_TLS",
    "UV_PYTHON_CACHE_DIR", "UV_PYTHON_INSTALL_DIR", "UV_REQUEST_TIMEOUT", "UV_SYSTEM_CERTS",
})  # fmt: skip
"""uv's variables that say how it reaches and stores things; all others would change what it answers."""
_DROPPED = frozenset({
    "ANDROID_API_LEVEL", "CLICOLOR_FORCE", "FORCE_COLOR", "IPHONEOS_DEPLOYMENT_TARGET", "MACOSX_DEPLOYMENT_TARGET",
    "RUST_BACKTRACE", "RUST_LOG",
})  # fmt: skip


class Uv(NamedTuple):
    """A uv that is new enough.

    Attributes:
        path: Its executable.
        version: E.g. ``0.9.7``.
    """

    path: str
    version: str


def find_uv(environ: Mapping[str, str], *, cwd: Path) -> Uv:
    """Return the first uv that is new enough: the package's, then those on PATH.

    Args:
        environ: For PATH, and to run it in.
        cwd: The folder to run it in.

    Raises:
        QuestionError: There is none, or none is new enough.
    """
    old: list[str] = []
    for path in dict.fromkeys(_installed(environ)):
        try:
            done = run([path, "--version"], environ=clean_environ(environ), cwd=cwd, patience=_QUICK)
        except QuestionError:
            continue
        match = re.match(rb"uv(?:\.exe)? ((\d+)\.(\d+)(?:\.[\w.+-]+)?)", done.output)
        if done.returncode != 0 or match is None:
            continue
        version = match[1].decode()
        if (int(match[2]), int(match[3])) >= OLDEST:
            return Uv(path, version)
        old.append(f"uv {version} ({path})")
    wanted = ".".join(map(str, OLDEST))
    if old:
        reason = f"{' and '.join(old)} is too old to resolve this: it takes uv {wanted} or newer."
        raise QuestionError(reason, f"{_INSTALL}, or give --no-deps and name every distribution yourself.")
    raise QuestionError(
        "Resolving takes uv, and there is none, neither as a package beside this one nor on PATH.",
        f"{_INSTALL}, or give --no-deps and name every distribution yourself.",
    )


def _installed(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths at which uv may be."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        from uv import find_uv_bin

        yield os.fspath(find_uv_bin())
    from wheelclash.target.interpreter import on_path

    yield from map(str, on_path("uv", environ))


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables to run uv with: those given, less what would change its answer or make it ask."""
    kept = {
        key: value
        for key, value in environ.items()
        if (not key.upper().startswith("UV_") or key.upper() in _KEPT) and key.upper() not in _DROPPED
    }
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "NO_COLOR": "1",
        "UV_NO_PROGRESS": "1",
        "UV_NO_WRAP": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    text: bytes | None = None,
    patience: float = PATIENCE,
) -> Done:
    """Run uv to its end (:func:`wheelclash.processes.run`).

    Args:
        command: Program and arguments.
        environ: All its variables.
        cwd: The folder to run it in.
        text: What it reads from its standard input; nothing by default.
        patience: Seconds that it may take.

    Raises:
        QuestionError: It cannot be run, or takes too long.
    """
    from wheelclash import processes

    try:
        return processes.run(command, environ=environ, cwd=cwd, text=text, patience=patience)
    except processes.RunError as error:
        raise QuestionError(f"{error}.") from None


_NAMED = {"x86_64", "aarch64"}
_GLIBC = (17, 28, *range(31, 41))
_MUSL = 2
_FIXED = {
    "win_amd64": "x86_64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "manylinux_2_39_riscv64": "riscv64-unknown-linux",
    "pyodide_2024_0_wasm32": "wasm32-pyodide2024",
    "pyodide_2025_0_wasm32": "wasm32-pyodide2025",
}
_MAC = {"arm64": "aarch64-apple-darwin", "x86_64": "x86_64-apple-darwin"}
_ANDROID = {"arm64_v8a": "aarch64-linux-android", "x86_64": "x86_64-linux-android"}
_IOS = {
    "arm64_iphoneos": "arm64-apple-ios",
    "arm64_iphonesimulator": "arm64-apple-ios-simulator",
    "x86_64_iphonesimulator": "x86_64-apple-ios-simulator",
}


class UvTarget(NamedTuple):
    """How a target is named to uv.

    Attributes:
        options: Options of ``uv pip compile``.
        environ: Variables that go with them.
        notes: Where uv's target is not quite the one asked for, a sentence.
    """

    options: tuple[str, ...]
    environ: Mapping[str, str]
    notes: tuple[str, ...] = ()


def uv_target(target: Target, interpreter: Interpreter | None = None) -> UvTarget:
    """Return the options and variables by which uv is told a target.

    Args:
        target: The target.
        interpreter: The interpreter it was taken from, if it was: uv then asks that one itself. For others uv needs
            some interpreter to start from, and gets the one that runs this.

    Raises:
        QuestionError: uv has no name for it.
    """
    if interpreter is not None and _same(target, interpreter):
        return UvTarget(("--python", str(interpreter.executable)), {})
    base = interpreter or running()
    if target.implementation != base.implementation or target.free_threaded != base.free_threaded:
        kind = f"{target.implementation}{' without the GIL' if target.free_threaded else ''}"
        raise QuestionError(
            f"uv cannot resolve for a {kind} that is not there to be asked.",
            "Give --python with such an interpreter, or --no-deps.",
        )
    options = ["--python", str(base.executable)] if str(base.executable) not in {"", "."} else []
    options += ["--python-version", target.python_version]
    if _on_same_machine(target, target_of(base)):  # with another Python
        return UvTarget(tuple(options), {})
    name, environ, note = _platform(target.platform)
    return UvTarget((*options, "--python-platform", name), environ, (note,) if note else ())


def _same(target: Target, interpreter: Interpreter) -> bool:
    running_target = target_of(interpreter)
    return (
        running_target.python_version,
        running_target.platform,
        running_target.implementation,
        running_target.free_threaded,
    ) == (
        target.python_version,
        target.platform,
        target.implementation,
        target.free_threaded,
    )


def _on_same_machine(target: Target, other: Target) -> bool:
    markers = ("platform_machine", "platform_release", "platform_version", "sys_platform")
    return target.platform == other.platform and all(target.markers[key] == other.markers[key] for key in markers)


def _platform(name: str) -> tuple[str, dict[str, str], str]:
    """Return the name uv has for a platform, the variables that make it exact, and where it still differs, a sentence.

    Its short names are not used: what ``linux`` means has changed from one uv to the next.
    """
    tag = PLATFORMS.get(name.strip().lower()) or name.strip().lower().replace("-", "_").replace(".", "_")
    if tag in _FIXED:
        return _FIXED[tag], {}, ""
    spelling = _linux(tag) or _versioned(tag)
    if spelling is None:
        raise QuestionError(
            f"uv has no name for the platform {name}, and so cannot resolve for it.",
            "Give --no-deps and name every distribution yourself.",
        )
    return spelling


def _linux(tag: str) -> tuple[str, dict[str, str], str] | None:
    """Return the same for Linux, with the newest C library that uv knows and the platform has; else None."""
    tag = tag.replace("manylinux2014_", "manylinux_2_17_")
    match = re.fullmatch(r"(manylinux_2|musllinux_1)_([0-9]+)_(\w+)", tag)
    if match is None or match[3] not in _NAMED:
        return None
    minor = int(match[2])
    if match[1] == "musllinux_1":
        exact, uv_name = _MUSL, f"{match[3]}-unknown-linux-musl"
    else:
        exact = max((glibc for glibc in _GLIBC if glibc <= minor), default=minor + 1)
        uv_name = f"{match[3]}-manylinux_2_{exact}"
    if exact > minor:
        return None
    known = f"{match[1]}_{exact}_{match[3]}"
    return uv_name, {}, "" if exact == minor else f"resolved for {known}, the nearest platform to {tag} that uv knows"


def _versioned(tag: str) -> tuple[str, dict[str, str], str] | None:
    """Return the same for systems of a version that uv takes from a variable, as compilers do; else None."""
    for pattern, names, variable in (
        (r"macosx_([0-9]+_[0-9]+)_(\w+)", _MAC, "MACOSX_DEPLOYMENT_TARGET"),
        (r"ios_([0-9]+_[0-9]+)_(\w+)", _IOS, "IPHONEOS_DEPLOYMENT_TARGET"),
        (r"android_([0-9]+)_(\w+)", _ANDROID, "ANDROID_API_LEVEL"),
    ):
        match = re.fullmatch(pattern, tag)
        if match is not None and match[2] in names:
            return names[match[2]], {variable: match[1].replace("_", ".")}, ""
    return None


# -- where uv looks ------------------------------------------------------------------------------------------


def index_arguments(
    settings: IndexSettings, credentials: Credentials, *, from_files: bool
) -> tuple[list[str], dict[str, str]]:
    """Return the block of settings as uv's options, and as variables what must not be seen in a list of processes.

    The default index is not named where only files are read: one of them may name another.
    """
    *extras, main = [*settings.extra_index_urls, settings.index_url]
    # Without a default index uv would ask its own: the last of the further ones takes that place.
    if main is None and extras:
        main = extras.pop()
    options: list[str] = []
    environ: dict[str, str] = {}
    for number, url in enumerate([*extras, *([] if main is None else [main])]):
        if url == main and settings.kind == "default" and from_files:
            continue
        name = f"wheelclash-{number}"
        options += ["--default-index" if number == len(extras) else "--index", f"{name}={url}"]
        login = credentials.find(url)
        if login is not None:
            variable = f"UV_INDEX_WHEELCLASH_{number}"
            environ |= {f"{variable}_USERNAME": login[0], f"{variable}_PASSWORD": login[1]}
    if main is None:
        options.append("--no-index")
    if settings.strategy == "merge":
        options += ["--index-strategy", "unsafe-best-match"]
    for host in settings.trusted_hosts:
        options += ["--allow-insecure-host", host]
    if settings.find_links:
        links = (credentials.restore(url).replace(",", "%2C") for url in settings.find_links)
        environ["UV_FIND_LINKS"] = ",".join(links)
    if settings.cert is not None:
        environ["SSL_CERT_FILE"] = os.fspath(settings.cert)
    return options, environ


def passwords(settings: IndexSettings, credentials: Credentials) -> list[Secret]:
    """Return the passwords of the places where projects are looked for, to be shown nowhere."""
    logins = [credentials.find(url) for url in (*settings.indexes, *settings.find_links)]
    return [Secret(login[1], "****") for login in logins if login is not None]
