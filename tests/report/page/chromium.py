"""A real headless Chromium, installed where it is missing and can be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.tools.apt import can_install, install

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
ADVICE = "Run `apt-get install chromium chromium-driver` as root."


class Browser:
    """A window that can be a phone or a desk, light or dark, and says what its page says."""

    def __init__(self, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location, driver = _programs()
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=Service(driver))

    def show(self, page: Path, *, width: int = 1280, dark: bool = False, media: str = "screen") -> None:
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[theme])
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)
        self.driver.get(page.as_uri())

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def messages(self) -> list[str]:
        """What the console has said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def close(self) -> None:
        self.driver.quit()


def _programs() -> tuple[str, str]:
    """Chromium and its driver; installs them by apt where this is root's machine."""
    if not _found():
        if not can_install():
            raise RuntimeError(f"These tests need Chromium and chromedriver. {ADVICE}")
        install("chromium", "chromium-driver")
    browser, driver = _found() or ("", "")
    if not browser:
        raise RuntimeError(f"Chromium was installed and is not found. {ADVICE}")
    return browser, driver


def _found() -> tuple[str, str] | None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None
