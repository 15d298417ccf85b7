"""An HTML report, taken apart: what tests ask of every one of them."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "Page", "parse"]

_VOID = frozenset({"meta", "link", "br", "input", "path", "use"})
_ALLOWED = frozenset(
    "html head meta title link style body svg symbol path use a header p strong h1 h2 h3 dl div dt dd nav ul ol li main"  # noqa: SIM905
    " section details summary span pre code button table thead tbody tr th td label input footer script br".split()
)


@dataclass(frozen=True)
class Element:
    """An element: its name, its attributes, and the text in it and below."""

    name: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(self.texts)


class Page(HTMLParser):
    """A parsed document.

    Attributes:
        elements: In the order of the document.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def named(self, name: str, **attributes: str) -> list[Element]:
        """Return the elements of a name that have these attributes; ``class_`` is a word of their class."""
        word = attributes.pop("class_", None)
        return [
            element
            for element in self.elements
            if element.name == name
            and (word is None or word in element.attributes.get("class", "").split())
            and attributes.items() <= element.attributes.items()
        ]

    @property
    def shape(self) -> Counter[tuple[str, ...]]:
        """How many elements of each name and attributes there are."""
        return Counter((element.name, *element.attributes) for element in self.elements)


def parse(source: str) -> Page:
    """Return a document, which keeps to what all of ours keep to.

    It is well formed. It loads nothing, and its policy forbids it. It has no script and no style but ours. What is
    linked to is there. Its text holds nothing unprintable, and its source nothing that an encoding could change.
    """
    assert source.startswith("<!doctype html>\n")
    assert source.endswith("</html>\n")
    assert source.isascii()
    page = Page(source)
    assert {element.name for element in page.elements} <= _ALLOWED
    _check_policy(page)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on"), name
            assert name not in {"src", "style", "srcset", "action", "formaction", "srcdoc"}
            if name == "href":
                assert value == "data:," or value[:1] == "#", value
                assert value == "data:," or value[1:] in ids, value
            if name == "aria-labelledby":
                assert value in ids
            assert value.replace("\n", "").isprintable()
    html = page.elements[0]
    assert html.text.replace("\n", "").isprintable()
    return page


def _check_policy(page: Page) -> None:
    (style,), (script,) = page.named("style"), page.named("script")
    (policy,) = (element.attributes["content"] for element in page.named("meta") if "http-equiv" in element.attributes)
    digests = [base64.b64encode(hashlib.sha256(each.text.encode()).digest()).decode() for each in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    for text in (style.text, script.text):
        assert "url(" not in text
        assert "http" not in text
        assert "innerHTML" not in text
