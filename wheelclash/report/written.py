"""What every report can do: be written, as JSON for programs and as text for people."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's constant: pydantic reads the classes made of this
if TYPE_CHECKING:
    from wheelclash.report.lines import Line

__all__ = ["Written"]


class Written:
    """A report that says how it is laid out in lines."""

    __slots__ = ()

    def to_json(self) -> str:
        """The report as JSON text: ASCII, sorted keys, the same bytes for the same report."""
        from wheelclash.report.json import to_json

        return to_json(self)

    def to_text(self, *, verbose: bool = False) -> str:
        """The report as plain text for people, one screen unless ``verbose``; ends with a line break."""
        lines = ("".join(span.text for span in line).rstrip() for line in self.to_lines(verbose=verbose))
        return "\n".join(lines) + "\n"

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""
        raise NotImplementedError
