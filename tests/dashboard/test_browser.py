"""The dashboard in a real browser: every page, wide and narrow, dark and light.

It takes minutes, so it is marked slow.
"""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.store import Home
from tests.dashboard.browser import (
    ARGUMENTS,
    CHROMIUM,
    open_url,
    start_server,
    wait_until_settled,
)
from tests.dashboard.pages import PAGES
from tests.dashboard.studies import EVIL, fill_three_studies

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install playwright"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
]

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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Home]]:
    """The address of a server, and the home that it shows."""
    home = Home(tmp_path_factory.mktemp("browser"))
    fill_three_studies(home)
    server, url = start_server(home)
    yield url, home
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits(address: tuple[str, Home], browser: Any, name: str) -> None:
    """A page is opened in both schemes, as a chart is drawn in the colours of the page that opens,
    and looked at in each width.
    """
    path = "" if name == NAMES[0] else name
    study = "shifts" if name == "shift" else "starts"
    for scheme in ("light", "dark"):
        page = open_url(browser, f"{address[0]}/{path}?study={study}", scheme=scheme)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            wait_until_settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert "has failed" not in page.inner_text("body")
            keep_screenshot(page, f"{name}-{width}-{scheme}", width)
        assert page.away == []
        page.context.close()


def keep_screenshot(page: Any, name: str, width: int) -> None:
    """Keeps a picture of the whole page, where HARNESS_SCREENSHOTS names a folder for it."""
    folder = os.environ.get("HARNESS_SCREENSHOTS")
    if not folder:
        return
    tall = page.evaluate(
        "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    )
    page.set_viewport_size({"width": width, "height": min(5000, tall + 60)})
    page.wait_for_timeout(800)
    page.screenshot(path=Path(folder) / f"{name}.png")


def judged_by_command(home: Home) -> dict[str, Any]:
    """Returns what `harness compare` says of the study, in a process of its own."""
    file = str(home.folder / "starts.yaml")
    words = [sys.executable, "-m", "harness.cli.main", "compare", file, "--json"]
    env = {**os.environ, "HARNESS_HOME": str(home.folder)}
    outcome = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    return dict(json.loads(outcome.stdout))


def metric_input(page: Any) -> Any:
    return page.locator("[data-testid=stSelectbox]", has_text="Metric").locator("input")


def test_the_same_p_a_filter_and_a_download(address: tuple[str, Home], browser: Any) -> None:
    url, home = address
    page = open_url(browser, f"{url}/compare?study=starts")
    first = judged_by_command(home)["verdicts"][0]
    assert first["sentence"][1:] in page.inner_text("body")
    page.get_by_text("your own", exact=True).click()
    wait_until_settled(page)
    metric_input(page).click()
    page.get_by_role("option", name="precision").click()
    page.wait_for_url("**metric=precision**", timeout=20_000)
    wait_until_settled(page)
    assert "precision" in page.inner_text("body")
    again = open_url(browser, page.url)
    assert "exploratory" in again.inner_text("body")
    assert metric_input(again).input_value() == "precision"
    back = open_url(browser, f"{url}/compare?study=starts")
    with back.expect_download() as download:
        back.get_by_role("button", name="CSV", exact=True).first.click()
    text = Path(download.value.path()).read_text()
    saved = [float(row["corrected"]) for row in csv.DictReader(io.StringIO(text))]
    expected = [contrast["corrected"] for contrast in first["contrasts"]]
    assert saved == pytest.approx(expected)


def test_a_name_is_text(address: tuple[str, Home], browser: Any) -> None:
    page = open_url(browser, f"{address[0]}/?study=%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.inner_text("h2").strip() == EVIL
    assert page.away == []


def test_pages_beside_a_running_study(home: Home, browser: Any) -> None:
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
    server, url = start_server(home)
    try:
        seen, visits = _watch(open_url(browser, f"{url}/?study=slow"), run, browser, url)
    finally:
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=60)[0]
        server.terminate()
        output += server.communicate(timeout=20)[0]
    assert run.returncode in (0, 130), output
    assert visits > 2
    assert len(seen) > 2  # it counted up without a click
    assert "locked" not in output
    assert "Traceback" not in output


def _watch(page: Any, run: subprocess.Popen[str], browser: Any, url: str) -> tuple[set[str], int]:
    """Looks at one page and at the others in turn, two minutes at most; returns what it has seen.

    It ends when every page was visited and the first has counted up twice.
    """
    began = time.monotonic()
    seen = set()
    visits = 0
    while time.monotonic() - began < 120 and run.poll() is None:
        body = page.inner_text("body")
        seen.add(page.locator("[data-testid=stMetric]", has_text="finished").inner_text())
        assert "cannot be read" not in body
        assert "has failed" not in body
        visits += 1
        if visits > len(NAMES) and len(seen) > 2:
            break
        name = NAMES[1 + visits % (len(NAMES) - 1)]
        open_url(browser, f"{url}/{name}?study=slow").context.close()
        page.wait_for_timeout(1000)
    return seen, visits
