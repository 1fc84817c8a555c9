"""A server as a user starts it, and its pages in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from harness.store import Home

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWN_ADDRESSES = ("http://127.0.0.1", "data:", "blob:")
BUSY = (
    "[data-testid=stSpinner], [data-testid=stStatusWidget], [data-stale=true], "
    "[data-testid=stSkeleton]"
)


def start_server(home: Home) -> tuple[subprocess.Popen[str], str]:
    """Starts a server as a user does, in a folder of their own; returns its process and address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "harness.cli.main", "dashboard", "--no-browser"]
    words += ["--port", str(port)]
    env = {**os.environ, "HARNESS_HOME": str(home.folder), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        words,
        cwd=home.folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(480):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return server, address
        except OSError:
            time.sleep(0.25)
    server.kill()
    raise TimeoutError("the server did not start")


def wait_until_settled(page: Any) -> Any:
    """Waits until nothing on a page is still being drawn; returns the page."""
    page.wait_for_selector("[data-testid=stHeading], [data-testid=stAlert]", timeout=300_000)
    still = 0
    for _ in range(200):
        busy = page.locator(BUSY).count()
        still = 0 if busy else still + 1
        if still == 5:
            break
        page.wait_for_timeout(200)
    return page


def open_url(browser: Any, url: str, width: int = 1280, scheme: str = "light") -> Any:
    """Opens a page in a window of its own; `page.away` collects what it asks of other servers."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.away = []

    def note_request(request: Any) -> None:
        if not request.url.startswith(OWN_ADDRESSES):
            page.away.append(request.url)

    page.on("request", note_request)
    page.on("dialog", lambda dialog: page.away.append(dialog.message))
    page.goto(url)
    return wait_until_settled(page)
