"""A headless Chromium, driven by its own driver; nothing is downloaded, and every test starts with an empty profile."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wheelclash.report.formats import Context, write_as

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshot", metavar="FILE", help="where the picture for the documentation is written")


@dataclass(frozen=True)
class Browser:
    """A browser with one page.

    Attributes:
        driver: Selenium's ``Chrome``, which only the session ``browser`` has.
        folder: Where its pages are written.
    """

    driver: Any
    folder: Path

    def show(self, report: Any, *, fragment: str = "") -> None:
        """Open the HTML of a report as a reader does: as a file."""
        context = Context(headline=report.to_text().partition("\n")[0])
        self.open(write_as("html", report, context), fragment=fragment)

    def open(self, source: str, *, fragment: str = "") -> None:
        """Open a document as a file."""
        path = self.folder / f"report{len(list(self.folder.iterdir()))}.html"
        path.write_text(source, encoding="utf-8")
        self.driver.get(path.as_uri() + fragment)

    def run(self, script: str, *arguments: object) -> Any:
        """Return what a script of the test returns in the page."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        """Return the first element that a selector of CSS names."""
        return self.driver.find_element("css selector", selector)

    def find_all(self, selector: str) -> list[Any]:
        """Return all of them."""
        return list(self.driver.find_elements("css selector", selector))

    def wait_for(self, script: str) -> Any:
        """Return what a script hands to ``done``."""
        return self.driver.execute_async_script(f"const done = arguments[0]; {script}")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other: ``TAB``, ``ENTER``."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        ActionChains(self.driver).send_keys(*(getattr(Keys, key) for key in keys)).perform()

    def command(self, name: str, **parameters: Any) -> Any:
        """Return what a command of the DevTools protocol returns."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def prefer(self, scheme: str, width: int = 1280, height: int = 900) -> None:
        """Set what the reader prefers, ``light`` or ``dark``, and the size of the window in CSS pixels."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def requests(self) -> list[str]:
        """Return the URLs that were asked for since the last call, other than of files and data."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith(("file:", "data:"))]

    def complaints(self) -> list[str]:
        """Return what the console has been told since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def flaws(self, axe: str) -> list[str]:
        """Return what axe-core finds wrong for readers with a screen reader, a keyboard or weak eyes."""
        self.run(axe)
        found = self.wait_for("axe.run({resultTypes: ['violations']}).then((found) => done(found.violations))")
        return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser that has seen nothing; it is ended with the test."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "chromium is not installed"
    assert chromedriver, "chromedriver (Debian's chromium-driver) is not installed"
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver: Any = Chrome(options, Service(chromedriver))
    folder = tmp_path / "pages"
    folder.mkdir()
    try:
        driver.get("about:blank")
        driver.get_log("performance")  # what the browser's own first page asked for
        yield Browser(driver, folder)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core, which the session of nox installs."""
    return Path(os.environ["AXE_SCRIPT"]).read_text("utf-8")


@pytest.fixture
def screenshot(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return where the picture for the documentation is to be written."""
    return Path(request.config.getoption("--screenshot") or tmp_path / "screenshot.png")
