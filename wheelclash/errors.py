"""The errors of wheelclash: one small tree; each carries the objects it is about.

.. code-block:: text

    WheelclashError
    ├── QuestionError             the question itself is wrong: exit code 2
    │   ├── RequirementError      a positional argument is no requirement and no wheel
    │   ├── TargetError           no such Python version, platform or interpreter
    │   ├── MissingExtraError     what was asked for needs an extra that is not installed
    │   ├── KeeperError           --keep names no distribution, or two keepers want the same file
    │   └── IndexSettingsError    index flags, variables or files that make no sense
    ├── ReportError               a text is no report of ours
    ├── FetchError                a URL could not be fetched; carries a code and the URL
    └── WheelError                a wheel that cannot be read; carries a code and the wheel

``QuestionError`` ends a run. ``FetchError`` and ``WheelError`` are about one project or one wheel:
the run turns them into skips and goes on. Text is made in ``__str__``; what is interpolated there may
come from a hostile wheel and is escaped where it is printed, not here.
"""

from __future__ import annotations

__all__ = [
    "FetchError",
    "IndexSettingsError",
    "KeeperError",
    "MissingExtraError",
    "QuestionError",
    "ReportError",
    "RequirementError",
    "TargetError",
    "UnresolvedError",
    "WheelError",
    "WheelclashError",
]


class WheelclashError(Exception):
    """Base of every error this library raises on purpose."""


class QuestionError(WheelclashError):
    """The question cannot be answered as asked. The command exits with 2.

    Attributes:
        reason: What is wrong, one sentence.
        hint: What to do instead, or the empty string.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        """Return reason and hint as one paragraph."""
        return f"{self.reason} {self.hint}".rstrip()


class MissingExtraError(QuestionError):
    """What was asked for needs a library that only an extra of wheelclash brings.

    Attributes:
        asked: What needs it, as the subject of a sentence: ``The format html``.
        dependency: Its name on the package index.
        extra: The extra that brings it.
    """

    def __init__(self, asked: str, dependency: str, extra: str) -> None:
        super().__init__(
            f"{asked} needs {dependency}, which is not installed.", f"Install it: pip install 'wheelclash[{extra}]'"
        )
        self.asked = asked
        self.dependency = dependency
        self.extra = extra


class RequirementError(QuestionError):
    """An argument is neither a PEP 508 requirement nor a wheel.

    Attributes:
        text: The argument as given, without credentials.
    """

    def __init__(self, text: str, reason: str, hint: str = "") -> None:
        super().__init__(reason, hint)
        self.text = text

    def __str__(self) -> str:
        """Return the argument, then why it will not do."""
        return f"{self.text!r}: {super().__str__()}"


class UnresolvedError(QuestionError):
    """uv finds no set that meets the requirements, or would have to build something first."""


class TargetError(QuestionError):
    """A Python version, platform or interpreter that does not exist or cannot be asked."""


class KeeperError(QuestionError):
    """``--keep`` names a distribution outside the set, or two keepers both want one file."""


class IndexSettingsError(QuestionError):
    """Index options, variables or configuration files that cannot be used."""


class ReportError(WheelclashError):
    """A text is not the JSON of a report.

    Attributes:
        reason: One sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FetchError(WheelclashError):
    """A URL could not be fetched.

    Attributes:
        url: The URL, without credentials.
        code: One of ``not-found``, ``unauthorized``, ``unreachable``, ``refused``, ``timeout``,
            ``too-large``, ``changed``, ``protocol``, ``offline``, ``server-error``.
        reason: One sentence, without credentials.
    """

    def __init__(self, url: str, code: str, reason: str) -> None:
        super().__init__(url, code, reason)
        self.url = url
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Return the reason, then the URL."""
        return f"{self.reason} ({self.url})"


class WheelError(WheelclashError):
    """A wheel that cannot be read, or that no installer would install.

    Attributes:
        filename: The wheel's file name.
        code: One of ``unreadable``, ``hostile``, ``limit``, ``no-record``, ``no-dist-info``, ``mismatch``.
        reason: One sentence.
    """

    def __init__(self, filename: str, code: str, reason: str) -> None:
        super().__init__(filename, code, reason)
        self.filename = filename
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Return the wheel, then the reason."""
        return f"{self.filename}: {self.reason}"
