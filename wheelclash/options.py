"""What is asked of a run, apart from the requirements themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from wheelclash.core.overlap import Overlap
    from wheelclash.core.state import Loss
    from wheelclash.environment.locate import Environment
    from wheelclash.index.settings import IndexFlags
    from wheelclash.installers import InstallerName
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = ["Ignore", "Options", "Question"]


class Ignore(NamedTuple):
    """An overlap the user knows of: those of ``names`` whose ``root/path`` matches ``glob``.

    Attributes:
        text: As given.
        names: Normalised names; an overlap matches if all of its owners are among them.
        glob: A shell pattern (:mod:`fnmatch`), in which ``*`` matches ``/`` too.
    """

    text: str
    names: frozenset[str]
    glob: str

    @classmethod
    def parse(cls, text: str) -> Ignore:
        """Understand ``A,B:GLOB``.

        Raises:
            QuestionError: It is not of that form.
        """
        names, colon, glob = text.partition(":")
        found = frozenset(canonicalize_name(each.strip()) for each in names.split(",") if each.strip())
        if not colon or not glob or len(found) < 2:  # noqa: PLR2004  (it takes two to clash)
            raise QuestionError(f"--ignore {text!r} is not of the form A,B:GLOB.", "E.g. 'a,b:site-packages/tests/*'.")
        return cls(text, found, glob)

    def matches(self, overlap: Overlap, names: Mapping[str, str]) -> bool:
        """Whether it speaks of this overlap; ``names`` gives a distribution's name by its id."""
        import fnmatch

        return {names[id_] for id_ in overlap.ids} <= self.names and fnmatch.fnmatchcase(overlap.path, self.glob)

    def matches_loss(self, loss: Loss, names: Mapping[str, str]) -> bool:
        """Whether it speaks of a file that one of its names loses to the replacement of another."""
        import fnmatch

        return {names[loss.id], names[loss.because]} <= self.names and fnmatch.fnmatchcase(loss.path, self.glob)


class Options(TypedDict, total=False):
    """What may be said besides the requirements; everything has a default.

    Attributes:
        target: For what to choose wheels (:func:`wheelclash.target_for`), one or several; the interpreter's own by
            default.
        all_targets: Every target the locks among the arguments are meant for, instead.
        interpreter: The environment meant: gives the target, and printed commands name it. The running one by
            default, or none where a target is given.
        keep: Names that shall win; decides which remedies are given.
        ignore: Known overlaps, each ``A,B:GLOB`` over ``root/path``.
        installer: Whose commands the remedies hold; ``uv`` by default.
        index: Where to look; by default where the user's installers are configured to look.
        use_config: Whether pip's and uv's variables and files are read; True by default.
        environ: Environment variables to read them from; the process's own by default.
        exclude_newer: Ask about that moment in the past.
        prereleases: Choose pre-releases like other releases, also where none was asked for.
        system: Add uv's ``--system`` to commands.
        deps: Whether dependencies are resolved too (by uv). By default for one requirement or wheel, and for files.
        files: Requirements files, ``pyproject.toml`` files or scripts, as ``-r`` names them.
        constraints: Constraints files, as ``-c`` names them: what is chosen is within what they allow.
        extras, all_extras, groups: What else of a lock or a ``pyproject.toml`` is installed.
        allow_build: Whether uv may take source distributions, and run their code to learn what they require.
        against: Published distributions to compare the others with; those of the same name are replaced.
        siblings: Names to compare with the other variants of them that are known.
        why: Whether contested native files are looked into: what each version needs, and where that is.
        into: The environment to install into: what is installed there is compared too, and it is target and
            interpreter. It and ``interpreter`` may be given as a path, as ``--into`` and ``--python`` take one.
    """

    target: Target | Sequence[Target] | None
    all_targets: bool
    deps: bool | None
    files: Iterable[str]
    constraints: Iterable[str]
    extras: Iterable[str]
    all_extras: bool
    groups: Iterable[str]
    prereleases: bool
    allow_build: bool
    against: Iterable[str]
    siblings: Iterable[str]
    why: bool
    into: Environment | Interpreter | str | os.PathLike[str] | None
    interpreter: Interpreter | str | os.PathLike[str] | None
    keep: Iterable[str]
    ignore: Iterable[str]
    installer: InstallerName
    index: IndexFlags | None
    use_config: bool
    environ: Mapping[str, str] | None
    exclude_newer: datetime | None
    system: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        requirements: Requirements and wheel paths, as a user writes them.
        targets: For what.
        all_targets: For every target of the locks instead.
        interpreter: Whose environment printed commands name; None if the target is a foreign one.
        keep: Names of the distributions that shall win.
        ignore: Overlaps that are known.
        installer: Whose commands to give.
        index: Index options given for this question.
        use_config: Whether pip's and uv's files and variables are read.
        environ: Environment variables those may come from.
        cwd: The folder relative paths start from.
        exclude_newer: Leave out what an index got at this moment or later.
        system: Add uv's ``--system`` to commands.
        deps: Whether dependencies are resolved too; None for the default.
        files: Files of requirements.
        constraints: Constraints files.
        extras, all_extras, groups: What else of a lock or project is installed.
        prereleases: Whether pre-releases are chosen like other releases.
        allow_build: Whether uv may take source distributions.
        against: Published distributions to compare the others with.
        siblings: Names to compare with their known variants.
        why: Whether contested native files are looked into.
        into: The environment whose distributions are compared too.
    """

    requirements: tuple[str, ...]
    targets: tuple[Target, ...]
    interpreter: Interpreter | None
    keep: tuple[str, ...]
    ignore: tuple[Ignore, ...]
    installer: InstallerName
    index: IndexFlags
    use_config: bool
    environ: Mapping[str, str]
    cwd: Path
    exclude_newer: datetime | None = None
    system: bool = False
    all_targets: bool = False
    deps: bool | None = None
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    groups: tuple[str, ...] = ()
    prereleases: bool = False
    allow_build: bool = False
    against: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    into: Environment | None = None
    why: bool = False
