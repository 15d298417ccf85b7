"""What every report can do: be written, as JSON for programs and as text for people."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's constant: pydantic reads the classes made of this
if TYPE_CHECKING:
    from typing import Any

    from wheelclash.report.lines import Line

__all__ = ["Written"]


class Written:
    """A report that says how it is laid out in lines."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the kind of report and its first line; all of it would fill many screens."""
        return f"<{type(self).__name__}: {self.to_text().partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        """Return the text as HTML, for notebooks."""
        import html

        return f"<pre>{html.escape(self.to_text())}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the JSON has it: dicts, lists, strings, numbers, True, False and None."""
        from wheelclash.report.json import to_dict

        return to_dict(self)

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
