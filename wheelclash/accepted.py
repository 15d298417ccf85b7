"""What a user accepts: problems that are known, by entries of ``ignore``, or by a baseline of what there was once.

These are values and how they are read and written; what they do to a report is in
:mod:`wheelclash.report.acceptance`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from wheelclash.errors import QuestionError

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date
    from typing import Any, Literal, TypeAlias

    About: TypeAlias = Literal["wheels", "environment"]
    IgnoredBy: TypeAlias = Literal["option", "configuration", "siblings"]

__all__ = [
    "ACCEPTS_NOTHING",
    "BASELINE_VERSION",
    "NEVER_ACCEPTED",
    "Acceptance",
    "Baseline",
    "BaselineProblem",
    "Ignore",
]

BASELINE_VERSION = 1
"""Of the format of a baseline, which is not that of reports."""

_NAMES_AND_GLOB = r"(?P<names>(?:conda:|dpkg:)?[^,:]*(?:,\s*(?:conda:|dpkg:)?[^,:]*)*):(?P<glob>.+)"


@dataclass(frozen=True, slots=True)
class Ignore:
    """Problems the user knows of.

    All that is said must hold of a file for it to be ignored; what is left out holds of every file.

    Attributes:
        text: The entry in words, as messages name it.
        names: Normalised names. Two or more: what these distributions have with each other, all owners being among
            them. One: what is wrong with that distribution alone. Empty: whatever it is about.
        glob: A shell pattern (:mod:`fnmatch`) over ``root/path``, in which ``*`` matches ``/`` too; empty for any.
        kind: The kind of overlap; empty for any, and for what is no overlap.
        rule: The code of the rule; empty for any.
        reason: Why it is accepted; empty if none is asked for.
        expires: The last day on which it holds; None if it holds for good.
        by: Where it comes from: ``option`` (``--ignore``, as ``A,B:GLOB``), the ``configuration``, or ``siblings``:
            what published siblings share with each other is no reason to hold a new wheel back.
    """

    text: str
    names: frozenset[str]
    glob: str = ""
    kind: str = ""
    rule: str = ""
    reason: str = ""
    expires: date | None = None
    by: IgnoredBy = "configuration"

    @classmethod
    def parse(cls, text: str) -> Ignore:
        """Understand ``A,B:GLOB``.

        Raises:
            QuestionError: It is not of that form.
        """
        import re

        from wheelclash.core.distribution import compared_name

        match = re.fullmatch(_NAMES_AND_GLOB, text)
        names = () if match is None else match["names"].split(",")
        distributions = frozenset(compared_name(name.strip()) for name in names if name.strip())
        if match is None or len(distributions) < 2:  # noqa: PLR2004  (it takes two to clash)
            raise QuestionError(f"--ignore {text!r} is not of the form A,B:GLOB.", "E.g. 'a,b:site-packages/tests/*'.")
        return cls(text, distributions, match["glob"], by="option")

    @classmethod
    def of(
        cls,
        distributions: Iterable[str] = (),
        *,
        path: str = "",
        kind: str = "",
        rule: str = "",
        reason: str = "",
        expires: date | None = None,
        place: str = "",
    ) -> Ignore:
        """Return an entry, its parts checked.

        Args:
            distributions: Names, in any spelling.
            path: A shell pattern over ``root/path``, as for ``glob``.
            kind: See :class:`Ignore`, as for the rest.
            rule: As above.
            reason: As above.
            expires: As above.
            place: Where it stands, for messages.

        Raises:
            QuestionError: It says nothing, or something that nothing can match.
        """
        from wheelclash.core.distribution import compared_name

        names = frozenset(compared_name(name.strip()) for name in distributions)
        texts = [", ".join(sorted(names)), path, kind, rule]
        if not any(texts):
            hint = "Name distributions, a path, a kind or a rule."
            raise QuestionError("An entry of ignore that names nothing would accept everything.", hint)
        _check_glob(path)
        _check_kind(kind)
        if rule and not (rule[:2] == "WC" and rule[2:].isdigit()):
            raise QuestionError(f"{rule!r} is no code of a rule.", "`wheelclash rule` lists them.")
        if rule in NEVER_ACCEPTED:
            raise QuestionError(f"{rule} is never accepted: what cannot be read or installed is not known.")
        text = "; ".join(part for part in texts if part)
        return cls(f"{place} ({text})" if place else text, names, path, kind, rule, reason, expires)

    def matches(self, *, code: str, kind: str, names: Collection[str], path: str) -> bool:
        """Return whether it speaks of something.

        Args:
            code: Of its rule.
            kind: Of an overlap; empty if it is none.
            names: Of the distributions it is about.
            path: ``root/path``; empty if it is not about a file.
        """
        if (self.rule and self.rule != code) or (self.kind and self.kind != kind):
            return False
        if self.names and not (names and self.names.issuperset(names) and (len(names) > 1 or len(self.names) == 1)):
            return False
        if not self.glob:
            return True
        import fnmatch

        return bool(path) and fnmatch.fnmatchcase(path, self.glob)


NEVER_ACCEPTED = frozenset({"WC013", "WC014"})
"""Rules for what an installer refuses, and for what could not be read."""


def _check_glob(glob: str) -> None:
    """Refuse a pattern that can match no installed path.

    Raises:
        QuestionError: It begins with no root, or a bracket in it is not closed.
    """
    if not glob:
        return
    from wheelclash.core.layout import ROOTS
    from wheelclash.wording import near

    first, slash, _ = glob.partition("/")
    is_plain = not any(letter in first for letter in "*?[")
    if "\\" in glob or (is_plain and not (slash and first in ROOTS)):
        hint = f"It is matched against paths such as site-packages/cv2/__init__.py. {near(first, ROOTS)}".rstrip()
        raise QuestionError(f"The path {glob!r} begins with none of {', '.join(ROOTS)}.", hint)
    if glob.endswith("/"):
        raise QuestionError(f"The path {glob!r} names a folder, and files are compared.", f"Write {glob}*.")
    opened = glob.replace("[[]", "").replace("[]]", "").replace("[!]]", "")
    if opened.count("[") > opened.count("]"):
        raise QuestionError(f"The path {glob!r} has a [ that is not closed.", "For the character itself write [[].")


def _check_kind(kind: str) -> None:
    """Refuse a word that is no kind of overlap.

    Raises:
        QuestionError: It is none.
    """
    from wheelclash.core.overlap import KINDS
    from wheelclash.wording import near

    if kind and kind not in KINDS:
        raise QuestionError(f"{kind!r} is no kind of overlap.", near(kind, KINDS))


@dataclass(frozen=True, slots=True)
class BaselineProblem:
    """A problem that there was when a baseline was written.

    Attributes:
        about: What the report was on.
        code: Of its rule.
        level: How bad it was.
        distributions: Names.
        place: Where it was, as the problem has it.
        fingerprint: What it is known again by.
    """

    about: About
    code: str
    level: str
    distributions: tuple[str, ...]
    place: str
    fingerprint: str

    @property
    def text(self) -> str:
        """Return the problem in a few words."""
        return f"{self.code} {self.place} ({', '.join(self.distributions)})" if self.distributions else self.place


@dataclass(frozen=True, slots=True)
class Baseline:
    """The problems that there were once: they pass, and only what is new fails.

    Attributes:
        problems: In order.
        file: Where it was read from, for messages.
        by_fingerprint: The problems, by what the report was on and the fingerprint.
    """

    problems: tuple[BaselineProblem, ...]
    file: str = ""
    by_fingerprint: Mapping[tuple[About, str], BaselineProblem] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {(problem.about, problem.fingerprint): problem for problem in self.problems}
        object.__setattr__(self, "by_fingerprint", index)

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, to_replace: bool = False) -> Baseline:
        """Read a baseline from a file.

        Args:
            path: Of the file.
            to_replace: Whether it is to be written again: then it need not exist, and one of another version has no
                problems.

        Raises:
            QuestionError: It cannot be read, is none, or is of another version.
        """
        from wheelclash.files import LARGEST_DESCRIPTION, read_file

        file = os.fspath(path)
        try:
            data = read_file(file, LARGEST_DESCRIPTION)
        except FileNotFoundError:
            if to_replace:
                return cls((), file)
            hint = f"Write one with --write-baseline {file}."
            raise QuestionError(f"The baseline {file} does not exist.", hint) from None
        except OSError as error:
            raise QuestionError(f"The baseline {file} cannot be read ({error.strerror}).") from None
        return cls(_parsed(data, file, to_replace=to_replace), file)

    def to_json(self) -> str:
        """Return what a file of it holds: ASCII, the same bytes for the same problems, one of them a line."""
        import json
        from dataclasses import asdict

        lines = sorted({json.dumps(asdict(problem), sort_keys=True) for problem in self.problems})
        listed = ",\n    ".join(lines)
        between = f"\n    {listed}\n  " if lines else ""
        return f'{{\n  "baseline_version": {BASELINE_VERSION},\n  "problems": [{between}]\n}}\n'

    def with_those_of(self, about: About, problems: Iterable[BaselineProblem]) -> Baseline:
        """Return a baseline with other problems of one kind of report; those of the other kind stay."""
        others = tuple(problem for problem in self.problems if problem.about != about)
        return Baseline((*others, *problems), self.file)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a user accepts, on one day.

    Attributes:
        ignores: Entries, in the order in which they are asked.
        baseline: Asked last.
        today: The day by which entries expire; None: none has.
    """

    ignores: Sequence[Ignore] = ()
    baseline: Baseline | None = None
    today: date | None = None

    @classmethod
    def of(cls, ignores: Sequence[Ignore], baseline: Baseline | str | os.PathLike[str] | None) -> Acceptance:
        """Return what is accepted today (UTC); a baseline that is a path is read.

        Raises:
            QuestionError: The baseline cannot be read.
        """
        from datetime import UTC, datetime

        known = baseline if baseline is None or isinstance(baseline, Baseline) else Baseline.read(baseline)
        return cls(ignores, known, datetime.now(UTC).date())

    def __bool__(self) -> bool:
        """Return whether anything may be accepted or has to be told."""
        return bool(self.ignores) or self.baseline is not None

    def has_expired(self, entry: Ignore) -> bool:
        """Return whether the last day of an entry is over."""
        return entry.expires is not None and self.today is not None and entry.expires < self.today


ACCEPTS_NOTHING = Acceptance()


_KEYS = {"about": str, "code": str, "level": str, "distributions": list, "place": str, "fingerprint": str}


def _parsed(data: bytes, file: str, *, to_replace: bool) -> tuple[BaselineProblem, ...]:
    """Return the problems of a baseline.

    Raises:
        QuestionError: It is none, or of another version.
    """
    import json

    def refused(reason: str) -> QuestionError:
        hint = "Name another file, or delete it and use --write-baseline."
        return QuestionError(f"{file} is no baseline: {reason}.", hint)

    try:
        document = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise refused(f"byte {error.start} is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise refused(f"it is no JSON ({error})") from None
    if not isinstance(document, dict) or "baseline_version" not in document:
        raise refused("it has no baseline_version")
    version = document["baseline_version"]
    if version != BASELINE_VERSION and to_replace:
        return ()
    if version != BASELINE_VERSION:
        raise QuestionError(
            f"The baseline {file} is of version {version!r}; this wheelclash reads version {BASELINE_VERSION}.",
            "Write it again with --write-baseline.",
        )
    problems = document.get("problems")
    if not isinstance(problems, list):
        raise refused("its problems are no list")
    return tuple(_problem(value, number, refused) for number, value in enumerate(problems, 1))


def _problem(value: Any, number: int, refused: Any) -> BaselineProblem:
    """Return one problem of a baseline.

    Raises:
        QuestionError: A key is missing, or a value is of a wrong type.
    """
    if not isinstance(value, dict):
        raise refused(f"problem {number} is no object")
    for key, kind in _KEYS.items():
        if not isinstance(value.get(key), kind):
            raise refused(f"problem {number} has no {key}, or one of a wrong type")
    names = value["distributions"]
    if not all(isinstance(name, str) for name in names) or value["about"] not in {"wheels", "environment"}:
        raise refused(f"problem {number} is about {value['about']!r} and {names!r}")
    return BaselineProblem(**{key: value[key] for key in _KEYS} | {"distributions": tuple(names)})
