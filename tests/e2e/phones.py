"""Debian's Chromium as somebody's phone, with a film for its camera."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
AXE = Path(__file__).parents[2] / "card" / "verifier" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 30_000  # milliseconds; a machine that builds beside it is slow


@dataclass
class Phone:
    """A page, and whatever its console has complained about."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def visit(self, url: str) -> None:
        """Open the page and wait until its lists are there."""
        self.page.goto(f"{url}/verify")
        self.page.locator("#lists[data-age=fresh]").wait_for()

    def kept(self) -> None:
        """Wait until the page can do without its server."""
        self.page.evaluate("navigator.serviceWorker.ready.then((r) => r.active.state)")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    def answer(self) -> tuple[str, str]:
        """Outcome and code of the answer on the screen, once there is one."""
        shown = self.page.locator("#verdict[data-outcome]")
        shown.wait_for(state="visible")
        return shown.get_attribute("data-outcome") or "", shown.get_attribute("data-code") or ""

    def barriers(self) -> list[Any]:
        """What axe finds against WCAG 2.2 AA in the state that the page is in. Nobody's CSP lets a test's script in
        but the browser's own debugger does."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", WCAG)
        return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


class Phones:
    """One browser a film, since Chromium takes one film for its life; a fresh profile for each phone."""

    def __init__(self, playwright: Playwright) -> None:
        self._chromium = playwright.chromium
        self._browsers: dict[Path | None, Browser] = {}

    @contextmanager
    def phone(self, film: Path | None = None, **options: Any) -> Iterator[Phone]:
        """A phone whose camera shows `film` over and over; without one it has no leave to use a camera."""
        browser = self._browsers.get(film) or self._launch(film)
        usual: dict[str, Any] = {
            "viewport": {"width": 360, "height": 740},
            "device_scale_factor": 2,
            "has_touch": True,
            "locale": "id-ID",
            "timezone_id": "Asia/Jakarta",
            "permissions": ["camera"] if film else [],
        }
        context = browser.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE)
        try:
            yield Phone(context, context.new_page())
        finally:
            context.close()

    def _launch(self, film: Path | None) -> Browser:
        camera = (*CAMERA, f"--use-file-for-fake-video-capture={film.resolve()}") if film else ()
        self._browsers[film] = self._chromium.launch(
            executable_path=str(CHROMIUM), chromium_sandbox=False, args=[*camera, "--disable-gpu"]
        )
        return self._browsers[film]

    def close(self) -> None:
        for browser in self._browsers.values():
            browser.close()
