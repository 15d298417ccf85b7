"""Origins: the wheels that installed distributions came from, looked up again, pinned.

A repair writes a distribution again from its wheel, and what a file that was overwritten had in it only its wheel can
tell. A wheel is the origin if what it holds is what the installed RECORD lists.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.core.layout import installed_path, lay_out
from wheelclash.environment.distributions import UNKNOWN_VARIANT, RecordError, direct_url_of
from wheelclash.environment.managed import managed_as
from wheelclash.errors import FetchError, RequirementError, WheelError
from wheelclash.index.client import FRESH, project_files
from wheelclash.installers import INSTALLERS
from wheelclash.resolve.choose import choose, choose_direct
from wheelclash.resolve.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelclash.core.layout import InstalledFile, InstalledPath
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.environment.scan import Scan
    from wheelclash.index.settings import IndexSettings
    from wheelclash.resolve.requirement import Asked
    from wheelclash.wheel.reader import WheelReader

__all__ = ["Origin", "find_origins"]


class Origin(NamedTuple):
    """The wheel of an installed distribution.

    Attributes:
        candidate: Where it is.
        files: What it installs.
        differs: Paths with other content than the installed RECORD gives, or that only one of the two has: it is
            then another wheel of the same version.
        is_ambiguous: Whether the index also has that version with a local part, which ``==`` would take.
        phantoms: Paths that the RECORD of the wheel lists, and the wheel does not have.
    """

    candidate: Candidate
    files: Mapping[InstalledPath, InstalledFile]
    differs: tuple[InstalledPath, ...]
    is_ambiguous: bool = False
    phantoms: frozenset[InstalledPath] = frozenset()

    @property
    def pinned(self) -> str:
        """Return how a command names exactly this wheel."""
        candidate = self.candidate
        if candidate.direct or candidate.variant is not None:
            return f"{candidate.name} @ {candidate.url}"
        return f"{candidate.name}{'===' if self.is_ambiguous else '=='}{candidate.version}"


def find_origins(
    installed: Iterable[Installed],
    scan: Scan,
    settings: IndexSettings,
    reader: WheelReader,
    *,
    fresh: float = FRESH,
) -> dict[str, Origin | Skip]:
    """Find the wheels of installed distributions, and see that they can be read.

    What was installed from a wheel by path or URL is looked for there first.

    Args:
        installed: Distributions of the scan.
        scan: For which environment.
        settings: Where indexes are looked for.
        reader: Reads wheels, and holds the client and the cache.
        fresh: Seconds for which a page of an index that was kept is believed.

    Returns:
        By distribution id; a skip says why a wheel cannot be had: ``not-found``, ``no-wheel``, ``unreachable``, ….
    """
    wanted = list(installed)
    finder = _Finder(scan, settings, reader, fresh)
    calls = [partial(finder.find, distribution) for distribution in wanted]
    origins = reader.fetcher.progress.run_all("wheels", calls)
    return {distribution.id: origin for distribution, origin in zip(wanted, origins, strict=True)}


class _Finder(NamedTuple):
    scan: Scan
    settings: IndexSettings
    reader: WheelReader
    fresh: float

    def find(self, distribution: Installed) -> Origin | Skip:
        """Return where it was installed from, if that is still there and the same; else what the index has.

        Of a wheel variant the wheel with the same label is looked for.
        """
        if distribution.manager is not None:
            return Skip(distribution.name, "not-found", f"it is {managed_as(distribution)}, and no wheel")
        if distribution.variant == UNKNOWN_VARIANT:
            reason = "it was installed from a wheel variant, and its variant.json does not say which"
            return Skip(distribution.name, "variant", reason)
        recorded = direct_url_of(distribution.folder)
        if recorded is None:
            return self._of_index(distribution)
        place = self.reader.fetcher.credentials.take(recorded)
        try:
            asked = self._asked(f"{distribution.name} @ {place}")
        except RequirementError as error:  # the file is gone, as it is in an image that copied wheels in
            gone = error.reason
        else:
            chosen = choose_direct(asked, self.scan.target)
            origin = self._read(distribution, chosen)
            if isinstance(origin, Origin) and origin.candidate.variant == distribution.variant:
                return origin
            gone = origin.reason if isinstance(origin, Skip) else "it is another wheel variant"
        origin = self._of_index(distribution)
        if isinstance(origin, Skip) or origin.differs:
            return Skip(
                distribution.name, "not-found", f"it was installed from {place}, which is of no use any more: {gone}"
            )
        return origin

    def _of_index(self, distribution: Installed) -> Origin | Skip:
        """Return what the index has of the installed version, its local part included; its page is read once."""
        reader = self.reader
        try:
            version = str(Version(distribution.version))
            asked, exactly = (self._asked(f"{distribution.name}{operator}{version}") for operator in ("==", "==="))
            project = project_files(
                distribution.name,
                self.settings,
                reader.fetcher,
                reader.cache,
                offline=reader.fetcher.offline,
                fresh=self.fresh,
            )
        except (InvalidVersion, RequirementError):
            return Skip(distribution.name, "unreadable", f"its version, {distribution.version!r}, cannot be asked for")
        except FetchError as error:
            return Skip(distribution.name, error.code, str(error))
        chosen = choose(asked, project, self.scan.target)
        is_other = isinstance(chosen, Candidate) and Version(chosen.version) != Version(version)
        if is_other:  # ``==1.0`` also means ``1.0+cu12``
            chosen = choose(exactly, project, self.scan.target)
        if distribution.variant is not None:
            chosen = _of_variant(distribution, chosen, Version(version))
        origin = self._read(distribution, chosen)
        return origin._replace(is_ambiguous=is_other) if isinstance(origin, Origin) else origin

    def _asked(self, requirement: str) -> Asked:
        return parse(requirement, cwd=Path(), credentials=self.reader.fetcher.credentials)

    def _read(self, distribution: Installed, chosen: Candidate | Skip) -> Origin | Skip:
        if isinstance(chosen, Skip):
            return chosen._replace(requirement=distribution.name)
        try:
            contents, _, _ = self.reader.read(chosen)
        except WheelError as error:
            return Skip(distribution.name, error.code, str(error))
        except FetchError as error:
            return Skip(distribution.name, error.code, f"{chosen.filename}: {error}")
        rules = next(
            (installer.rules for installer in INSTALLERS if installer.name == distribution.installer),
            INSTALLERS[0].rules,
        )
        layout = lay_out(contents, rules, self.scan.target)
        try:
            differs = _differences(distribution, layout.files, self.scan.places)
        except RecordError as error:
            return Skip(distribution.name, error.code, error.reason)
        phantoms = frozenset(layout.phantoms)
        differs = tuple(path for path in differs if path not in phantoms)
        return Origin(chosen, layout.files, differs, phantoms=phantoms)


def _of_variant(distribution: Installed, chosen: Candidate | Skip, version: Version) -> Candidate | Skip:
    """Return the wheel of the variant that is installed, or a skip; of those that an installer may take."""
    if isinstance(chosen, Skip):
        return chosen
    for wheel in chosen.wheels:
        if wheel.variant == distribution.variant and Version(wheel.version) == version:
            return wheel
    reason = f"it was installed from a wheel variant ({distribution.variant}), and the index has no wheel of that label"
    return Skip(distribution.name, "variant", reason)


def _with_normal_folder(path: InstalledPath) -> InstalledPath:
    """Return a header's path, its folder's name normalised: installers and wheels spell it differently."""
    root, _, rest = path.partition("/")
    if root != "headers":
        return path
    folder, slash, below = rest.partition("/")
    return installed_path("headers", f"{canonicalize_name(folder)}{slash}{below}")


def _differences(
    distribution: Installed, files: Mapping[InstalledPath, InstalledFile], places: EnvironmentPaths
) -> tuple[InstalledPath, ...]:
    """Return the paths where wheel and installed RECORD give different hashes, or that only one of them has.

    Raises:
        RecordError: The RECORD was changed or removed, or cannot be read any more.

    Scripts are rewritten by installers, commands made by them; what lies in dist-info they add to.
    """
    if distribution.listed is None:
        return ()
    recorded = distribution.rows(None)
    rows = {_with_normal_folder(places.installed_path(key)): row for key, row in recorded.items()}
    files = {_with_normal_folder(path): file for path, file in files.items()}
    dist_info = f"site-packages/{Path(distribution.folder).name}/"
    paths = [path for path in rows if path not in files and path.startswith("site-packages/")]
    paths += [path for path, file in files.items() if path not in rows and file.member is not None]
    paths = [path for path in paths if not path.startswith(dist_info) and "/__pycache__/" not in path]
    for path, row in rows.items():
        file = files.get(path)
        if file is None or file.member is None or file.script or row.digest is None or file.content is None:
            continue
        if file.content.partition(":")[0] == row.digest.partition(":")[0] and file.content != row.digest:
            paths.append(path)
    return tuple(sorted(paths))
