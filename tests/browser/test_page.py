"""What a reader of the HTML report meets in a real browser: light and dark, keyboard, no network, very many files."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.report.poison import full_report, poisoned
from tests.support.stand_ins import nixl, nixl_itself
from tests.support.values import multiplied, report_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Browser

pytestmark = pytest.mark.browser

FULL = full_report()
NIXL = report_of(nixl("12", "1.1.0"), nixl("13", "1.1.0"), nixl_itself("1.1.0"), keep=["nixl-cu13"])
MANY = 50_000
MOST_NODES = 30_000
"""Elements, texts and all else that the browser keeps for a document."""


def _nodes(browser: Browser) -> int:
    """Return how many nodes of any kind the document has."""
    count = browser.run(
        "const walk = document.createTreeWalker(document); let n = 1; while (walk.nextNode()) n += 1; return n"
    )
    assert isinstance(count, int)
    return count


def _focused(browser: Browser) -> str:
    """Return the tag and the text of the element that has the focus."""
    text = browser.run("const e = document.activeElement; return e.tagName + ' ' + e.textContent.trim()")
    return " ".join(str(text).split())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_readers_of_all_kinds(browser: Browser, axe: str, scheme: str, width: int) -> None:
    """axe-core finds nothing, folded and unfolded; the colours follow the reader; nothing is wider than the window."""
    browser.prefer(scheme, width)
    for report in (NIXL, FULL):
        browser.show(report)
        dark = browser.run("return getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")
        assert browser.flaws(axe) == []
        browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
        assert browser.flaws(axe) == []
        assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []
    assert browser.requests() == []


def test_keyboard_alone(browser: Browser) -> None:
    """Everything that can be done is reached with Tab, in the order of the page, and done with Enter."""
    browser.show(NIXL)
    browser.press("TAB")
    assert _focused(browser) == "A Skip to the report"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    browser.press("ENTER", "TAB")
    assert _focused(browser) == "BUTTON Copy"
    browser.press("ENTER")
    said = browser.find("#status")
    assert said.get_attribute("textContent") in {"Copied", "Selected; copy it with the keyboard"}
    browser.press("TAB")
    assert _focused(browser) == "SUMMARY Other ways (1)"
    ways = browser.find("#ways ~ details.further")
    assert not ways.get_attribute("open")
    browser.press("ENTER")
    assert ways.get_attribute("open")
    seen: list[str] = []
    while (text := _focused(browser)) not in seen[1:]:
        seen.append(text)
        browser.press("TAB")
    assert any(text.startswith("SUMMARY WC001") for text in seen)
    assert any(text.startswith("INPUT") for text in seen)


def test_copies_the_commands(browser: Browser) -> None:
    browser.show(NIXL)
    browser.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.find(".command button").click()
    copied = browser.wait_for(
        "const read = () => navigator.clipboard.readText().then(done, done);setTimeout(read, 100)"
    )
    assert copied == browser.run("return document.querySelector('.command code').textContent")
    assert "uv pip install --force-reinstall --no-deps nixl-cu13==1.1.0" in copied


def test_links_unfold_what_they_lead_to(browser: Browser) -> None:
    """A cell of the matrix leads to the files, and the code of a rule to its text, from outside the page too."""
    browser.show(NIXL)
    browser.run("for (const part of document.querySelectorAll('details')) part.open = false")
    browser.find(".matrix a").click()
    assert browser.find(".group").get_attribute("open")
    browser.show(NIXL, fragment="#WC001")
    assert browser.find("#WC001").is_displayed()


def test_filter_leaves_what_has_the_text(browser: Browser) -> None:
    browser.show(FULL)
    groups = browser.find_all("#files > .group")
    browser.find(".tools input").send_keys("s.py")
    shown = [group for group in groups if group.is_displayed()]
    assert 0 < len(shown) < len(groups)
    said = browser.find("#status")
    assert said.get_attribute("textContent") == f"{len(shown)} of {len(groups)} shown"


def test_without_scripts_all_can_be_read(browser: Browser) -> None:
    """Readers of attachments often have no scripts: nothing is missing but what only scripts can do."""
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    browser.show(NIXL)
    assert browser.find("h1").text.startswith("nixl-cu12 1.1.0 and nixl-cu13 1.1.0 clash")
    assert not browser.find(".tools").is_displayed()
    assert not browser.find(".command button").is_displayed()
    browser.find(".entry:not([open]) > summary").click()
    assert len(browser.find_all(".entry[open] .files")) > 1
    assert all(files.is_displayed() for files in browser.find_all(".entry[open] .files"))


def test_hostile_names_do_nothing(browser: Browser) -> None:
    """Markup in names is shown as it is, and runs nothing; a page that is opened asks for nothing."""
    text = "</script><img src=http://127.0.0.1:9/x onerror=document.title='hit'>\u202e"
    browser.show(poisoned(FULL, text))
    assert "hit" not in browser.driver.title.partition("onerror")[0]
    assert browser.run("return document.images.length") == 0
    assert "<img src=http://127.0.0.1:9/x" in browser.find("h1").text
    assert browser.requests() == []
    assert browser.complaints() == []


def test_the_policy_holds(browser: Browser) -> None:
    """Whatever got into the page could neither load nor send anything."""
    browser.show(NIXL)
    sent = browser.wait_for("fetch('http://127.0.0.1:9/').then(() => done('sent'), () => done('refused'))")
    assert sent == "refused"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())


@pytest.mark.parametrize("crowd", ["folder", "folders", "owners"])
def test_very_many_files(browser: Browser, crowd: str) -> None:
    """50,000 contested files keep to a number of nodes, and can be unfolded and searched."""
    owners = NIXL.overlaps[0].owners
    report = {
        "folder": lambda: multiplied(NIXL, MANY, path=lambda number: f"p/m{number}.py"),
        "folders": lambda: multiplied(NIXL, MANY, path=lambda number: f"p{number}/m.py"),
        "owners": lambda: multiplied(
            NIXL, MANY, owners=lambda number: [owners[0], replace(owners[1], distribution=f"d{number}")]
        ),
    }[crowd]()
    browser.show(report)
    assert _nodes(browser) < MOST_NODES
    browser.run("document.querySelector('[data-fold=open]').click()")
    last = {"folder": f"m{MANY - 1}.py", "folders": f"p{MANY - 1}/m.py", "owners": f"d{MANY - 1}"}[crowd]
    assert browser.run("return document.querySelector('main').textContent.includes(arguments[0])", last)
    assert _nodes(browser) < MOST_NODES
    browser.find(".tools input").send_keys("no such name")
    assert not browser.find_all("#files > .group:not([hidden])")
    assert browser.complaints() == []


def test_picture_for_the_documentation(browser: Browser, screenshot: Path) -> None:
    browser.prefer("light", 1040, 1330)
    browser.show(NIXL)
    taken = browser.command("Page.captureScreenshot", format="png")
    screenshot.write_bytes(base64.b64decode(taken["data"]))
    assert screenshot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
