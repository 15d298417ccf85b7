"""What the locks of a project have in common: which targets, extras and groups make sense, and what is selected."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError
from wheelclash.locks.document import choose_names
from wheelclash.locks.graph import Markers
from wheelclash.locks.package import select_wheels, uninstallable
from wheelclash.target.inferred import python_allowed, targets_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.package import Locked
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["Installation", "LockRequest", "ProjectLock"]


class LockRequest(NamedTuple):
    """What is to be installed of a lock; all names are normalised.

    Attributes:
        extras: Extras that were asked for by name.
        groups: Dependency groups, those that are installed by default included.
        every: All extras of the lock, if all were asked for; else empty.
    """

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    every: tuple[str, ...] = ()


class Installation(NamedTuple):
    """The packages of a lock that would be installed on one target.

    Attributes:
        packages: In the order of the lock, or in that in which they were reached.
        roots: Names of direct dependencies; empty if the lock does not say.
        notes: Sentences for people.
    """

    packages: Iterable[Locked]
    roots: Iterable[str] = ()
    notes: Sequence[str] = ()


class ProjectLock(ABC):
    """A lock of a project; see :class:`wheelclash.resolve.selection.Lock`.

    A subclass for each format reads what a lock holds. This class does what is the same for all of them: it finds the
    targets of a lock, and refuses a target, an extra or a group that the lock does not have.

    Args:
        location: Where the lock is.
        packages: All its packages, for every target.
        requires_python: The lock's requires-python (PEP 440); None if it has none.
        environments: Markers of which one must hold for a target; empty for any target.
        notes: Sentences for people, whatever is selected.
        build_first: Whether a higher build tag is preferred to a better compatibility tag.
    """

    def __init__(
        self,
        location: LockLocation,
        packages: Sequence[Locked],
        *,
        requires_python: str | None = None,
        environments: Sequence[str] = (),
        notes: Sequence[str] = (),
        build_first: bool = False,
    ) -> None:
        self._name = location.name
        self._packages = packages
        self._requires_python = requires_python
        self._environments = environments
        self._notes = notes
        self._build_first = build_first

    def targets(self) -> list[Target]:
        """See :meth:`wheelclash.resolve.selection.Lock.targets`."""
        return targets_among(
            (wheel.filename for package in self._packages for wheel in package.wheels),
            allows=self._allows_python,
            admits=self._admits,
        )

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:
        """See :meth:`wheelclash.resolve.selection.Lock.select`."""
        wanted = self._wanted(extras, groups, all_extras=all_extras)
        self._check_target(target, wanted)
        installation = self._install(target, wanted)
        return select_wheels(
            installation.packages,
            target,
            roots=installation.roots,
            notes=[*self._notes, *installation.notes],
            build_first=self._build_first,
        )

    # -- what a format says --------------------------------------------------------------------------------

    @abstractmethod
    def _known_extras(self) -> Iterable[str]:
        """Return the extras that can be asked for."""

    @abstractmethod
    def _known_groups(self) -> Iterable[str]:
        """Return the dependency groups that can be asked for."""

    @abstractmethod
    def _default_groups(self) -> Sequence[str]:
        """Return the groups that are installed without being asked for, normalised."""

    @abstractmethod
    def _install(self, target: Target, wanted: LockRequest) -> Installation:
        """Return the packages that would be installed on a target.

        Raises:
            QuestionError: Something needed is not locked, is for another Python, or conflicts.
        """

    # -- what is the same, unless a format says otherwise ---------------------------------------------------

    def _wanted(self, extras: Sequence[str], groups: Sequence[str], *, all_extras: bool) -> LockRequest:
        """Return what is to be installed.

        Raises:
            QuestionError: An extra or a group does not exist.
        """
        known = list(dict.fromkeys(canonicalize_name(extra) for extra in self._known_extras()))
        named = choose_names(extras, known, what="extra", where=self._name)
        named_groups = choose_names(groups, self._known_groups(), what="group", where=self._name)
        in_force = tuple(dict.fromkeys([*self._default_groups(), *named_groups]))
        return LockRequest(named, in_force, tuple(known) if all_extras else ())

    def _allows_python(self, version: str) -> bool:
        return python_allowed(self._requires_python, version)

    def _is_for(self, target: Target) -> bool:
        """Return whether a target is among the environments that the lock is for."""
        markers = Markers(target, self._name)
        return not self._environments or any(markers.hold(marker) for marker in self._environments)

    def _check_target(self, target: Target, wanted: LockRequest) -> None:  # noqa: ARG002 - groups may have Pythons too
        """Refuse a target that the lock is not for.

        Raises:
            QuestionError: It is for another Python or platform.
        """
        if not self._allows_python(target.python_version):
            raise QuestionError(
                f"{self._name} is for Python {self._requires_python}, not for {target.python_version}.",
                "Give --python-version.",
            )
        if not self._is_for(target):
            raise QuestionError(
                f"{self._name} is for other environments than {target.minor_version} on {target.platform}: "
                f"{'; '.join(self._environments[:3])}."
            )

    def _admits(self, target: Target) -> bool:
        """Return whether the lock is for a target, and what it installs there by default can be installed."""
        if not self._is_for(target):
            return False
        wanted = LockRequest(groups=tuple(self._default_groups()))
        return not uninstallable(self._install(target, wanted).packages, target)
