"""One question about a set of wheels: what was asked and said of it, its defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelclash.accepted import Acceptance
    from wheelclash.environment.locate import Environment
    from wheelclash.index.options import IndexOptions
    from wheelclash.installers import InstallerName
    from wheelclash.options import Options
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = ["Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a set of wheels, its defaults filled in.

    Attributes:
        requirements: Requirements and wheel paths, as a user writes them.
        options: What else was said.
        targets: For what; where ``options.all_targets``, for every target of the locks instead.
        interpreter: Its environment is named by printed commands; None if the target is a foreign one.
        into: The environment with distributions that are compared too.
        environ: Environment variables that settings may come from.
        cwd: The folder relative paths start from.
        acceptance: What the user accepts.
    """

    requirements: tuple[str, ...]
    options: Options
    targets: tuple[Target, ...]
    interpreter: Interpreter | None
    into: Environment | None
    environ: Mapping[str, str]
    cwd: Path
    acceptance: Acceptance

    @property
    def installer(self) -> InstallerName:
        """Return the installer of the commands."""
        return self.options.installer or "uv"

    @property
    def index(self) -> IndexOptions:
        """Return the index options given for this question."""
        return self.options.index_options
