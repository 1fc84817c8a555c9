"""The dashboard in a real browser: every page, wide and narrow, dark and light; minutes long, so marked slow."""

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.store import Home
from tests.dashboard.test_pages import EVIL, PAGES, SHIFTS, STARTS, better_with_batch, lost, shifted
from tests.made.recorded import fill, scores, study_at

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install playwright"
)
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
]

ROOT = Path(__file__).resolve().parents[2]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
NAMES = [page.split("_", 1)[1] for page in PAGES]

SLOW_STUDY = """
name: slow
question: Does anything lock?
seeds: 100
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, width: 4}
    method: {name: supervised, epochs: 3, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 8
grid:
  fit.method.loss: [bce_dice, ce]
compare:
  - {name: loss, metric: dice, by: fit.method.loss, against: ce, unit: seed}
"""


def served(home: Home) -> tuple[subprocess.Popen[str], str]:
    """A server as a user starts it, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "dashboard/app.py",
        "--server.port",
        str(port),
    ]
    env = {**os.environ, "HARNESS_HOME": str(home.folder)}
    server = subprocess.Popen(
        words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return server, address
        except OSError:
            time.sleep(0.25)
    server.kill()
    raise TimeoutError("the server did not start")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Home]]:
    home = Home(tmp_path_factory.mktemp("browser"))
    fill(home, study_at(home, STARTS, "starts.yaml"), scores(better_with_batch), state=lost)
    fill(home, study_at(home, SHIFTS, "shifts.yaml"), shifted)
    evil = STARTS.replace("starts", f'"{EVIL}"').replace("seeds: 6", "seeds: 2")
    fill(home, study_at(home, evil, "evil.yaml"), scores(better_with_batch))
    server, where = served(home)
    yield where, home
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def settled(page: Any) -> Any:
    """The page when nothing on it is still being made."""
    page.wait_for_selector("[data-testid=stHeading], [data-testid=stAlert]", timeout=60_000)
    still = 0
    for _ in range(200):
        busy = page.locator(
            "[data-testid=stSpinner], [data-testid=stStatusWidget], [data-stale=true]"
        ).count()
        still = 0 if busy else still + 1
        if still == 5:
            break
        page.wait_for_timeout(200)
    return page


def opened(browser: Any, url: str, width: int = 1280, scheme: str = "light") -> Any:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.away = []
    page.on(
        "request",
        lambda r: (
            page.away.append(r.url)
            if not r.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else None
        ),
    )
    page.on("dialog", lambda dialog: page.away.append(dialog.message))
    page.goto(url)
    return settled(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits(
    address: tuple[str, Home], browser: Any, name: str, width: int, scheme: str
) -> None:
    path = "" if name == NAMES[0] else name
    page = opened(
        browser,
        f"{address[0]}/{path}?study={'shifts' if name == 'shift' else 'starts'}",
        width,
        scheme,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "has failed" not in page.inner_text("body")
    assert page.away == []
    kept = os.environ.get("HARNESS_SCREENSHOTS")
    if kept:
        tall = page.evaluate(
            "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
        )
        page.set_viewport_size({"width": width, "height": min(5000, tall + 60)})
        page.wait_for_timeout(800)
        page.screenshot(path=Path(kept) / f"{name}-{width}-{scheme}.png")
    page.context.close()


def judged(home: Home) -> dict[str, Any]:
    words = [
        sys.executable,
        "-m",
        "harness.cli.main",
        "compare",
        str(home.folder / "starts.yaml"),
        "--json",
    ]
    env = {**os.environ, "HARNESS_HOME": str(home.folder)}
    return dict(
        json.loads(
            subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
        )
    )


def test_the_same_p_a_filter_and_a_download(address: tuple[str, Home], browser: Any) -> None:
    where, home = address
    page = opened(browser, f"{where}/compare?study=starts")
    first = judged(home)["verdicts"][0]
    assert first["sentence"][1:] in page.inner_text("body")
    page.get_by_text("your own", exact=True).click()
    settled(page)
    page.locator("[data-testid=stSelectbox]", has_text="Metric").locator("input").click()
    page.get_by_role("option", name="precision").click()
    page.wait_for_url("**metric=precision**", timeout=20_000)
    settled(page)
    assert "precision" in page.inner_text("body")
    again = opened(browser, page.url)
    assert "exploratory" in again.inner_text("body")
    assert (
        again.locator("[data-testid=stSelectbox]", has_text="Metric").locator("input").input_value()
        == "precision"
    )
    back = opened(browser, f"{where}/compare?study=starts")
    with back.expect_download() as download:
        back.get_by_role("button", name="CSV", exact=True).first.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [float(row["corrected"]) for row in rows] == pytest.approx(
        [c["corrected"] for c in first["contrasts"]]
    )


def test_a_name_is_text(address: tuple[str, Home], browser: Any) -> None:
    page = opened(browser, f"{address[0]}/?study=%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.inner_text("h2").strip() == EVIL
    assert page.away == []


def test_two_minutes_beside_a_running_study(home: Home, browser: Any) -> None:
    """A page that polls, and visits of the others, while a study trains and is recorded."""
    study = home.folder / "slow.yaml"
    study.write_text(SLOW_STUDY)
    words = [sys.executable, "-m", "harness.cli.main", "run", str(study), "--slots", "1"]
    env = {**os.environ, "HARNESS_HOME": str(home.folder), "OMP_NUM_THREADS": "1"}
    run = subprocess.Popen(
        words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while not (home.hidden / "running").exists():
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.2)
    server, where = served(home)
    try:
        seen, visits = _watched(opened(browser, f"{where}/?study=slow"), run, browser, where)
    finally:
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[0]
        server.terminate()
        said += server.communicate(timeout=20)[0]
    assert run.returncode in (0, 130), said
    assert visits > 2
    assert len(seen) > 2  # it counted up without a click
    assert "locked" not in said
    assert "Traceback" not in said


def _watched(
    page: Any, run: subprocess.Popen[str], browser: Any, where: str
) -> tuple[set[str], int]:
    """Two minutes of looking at one page, and at the others in turn."""
    began, seen, visits = time.monotonic(), set(), 0
    while time.monotonic() - began < 120 and run.poll() is None:
        body = page.inner_text("body")
        seen.add(page.locator("[data-testid=stMetric]", has_text="finished").inner_text())
        assert "cannot be read" not in body
        assert "has failed" not in body
        visits += 1
        opened(
            browser, f"{where}/{NAMES[1 + visits % (len(NAMES) - 1)]}?study=slow"
        ).context.close()
        page.wait_for_timeout(1000)
    return seen, visits
