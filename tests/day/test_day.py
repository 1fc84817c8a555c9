"""A user's day from the first command to the page in a colleague's hands, in a real browser.

It takes minutes, so it is marked slow.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.record.mlflow_page import run_page, study_page
from harness.spec.values import Trial
from harness.store import Home
from tests.dashboard.browser import ARGUMENTS, CHROMIUM, open_url
from tests.made.cells_pictures import write_cells
from tests.made.mlflow_server import free_port
from tests.made.recorded import fill, scores, study_at
from tests.made.studies import tracker_of
from tests.made.trials import SEEDS
from tests.made.user import type_harness, user_environment

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install playwright"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
]

QUESTION = "Does it help my cells to start from drawn images?"
JOBS = 30  # six seeds of a pretraining, of a start from it and of one from nothing; 12 trials


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield window
        window.close()


def make_study(folder: Path) -> None:
    """The study that `harness init` writes on the pictures of a folder, made short."""
    words = ["--images", "images", "--masks", "masks", "--pictures", "--question", QUESTION]
    printed = type_harness(folder, "init", "cells.yaml", *words)
    assert "harness plan cells.yaml" in printed
    file = folder / "cells.yaml"
    text = file.read_text()
    for long, short in (("epochs: 10", "epochs: 2"), ("steps: 20", "steps: 4")):
        assert long in text
        text = text.replace(long, short)
    file.write_text(text)


@contextmanager
def dashboard_in(folder: Path) -> Iterator[str]:
    """The address of a dashboard that a person has opened in their folder."""
    port = free_port()
    words = ["dashboard", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", *words],
        cwd=folder,
        env=user_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait_for(address: str) -> None:
    for _ in range(480):
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise TimeoutError(f"{address} does not answer")


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", page.inner_text("body"))


def answer_in(folder: Path) -> str:
    """The answer of the study; pages begin it with a capital."""
    headline: str = json.loads(type_harness(folder, "compare", "cells.yaml", "--json"))["headline"]
    return re.sub(r"\s+", " ", headline)[1:]


def test_a_day_from_pictures_to_a_page_in_print(tmp_path: Path, browser: Any) -> None:
    folder = tmp_path / "my cells"
    folder.mkdir()
    write_cells(folder, 20)

    make_study(folder)
    plan = type_harness(folder, "plan", "cells.yaml")
    assert "12 trials" in plan
    assert not (folder / "mlflow.db").exists(), "a plan writes nothing"

    output = type_harness(folder, "run", "cells.yaml")
    lines_of_jobs = re.findall(rf"^\d\d:\d\d:\d\d \d+/{JOBS} finished: ", output, re.MULTILINE)
    assert len(lines_of_jobs) == JOBS, "without a terminal each job has a line"
    assert "to go" in output
    assert "answer: " in output
    assert "/#/experiments/1/runs?workflowType=machine_learning" in output

    answer = answer_in(folder)
    with dashboard_in(folder) as address:
        check_dashboard(browser, address, answer)
    verdicts = type_harness(folder, "compare", "cells.yaml")
    assert "start" in verdicts
    type_harness(folder, "report", "cells.yaml")
    check_report(browser, folder / "reports" / "cells" / "report.html", answer)

    moved = tmp_path / "archive"
    shutil.move(folder, moved)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = str(moved / "cells.yaml")
    assert type_harness(elsewhere, "compare", file, home=moved) == verdicts
    for name in ("images", "masks"):
        shutil.rmtree(moved / name)
    assert type_harness(moved, "compare", "cells.yaml") == verdicts, "no data are needed to read"
    with dashboard_in(moved) as address:
        check_dashboard(browser, address, answer)


def check_dashboard(browser: Any, address: str, answer: str) -> None:
    """The study is there with its answer, its comparison is drawn, and a run opens its files."""
    page = open_url(browser, address)
    assert QUESTION in text_of(page)
    assert answer in text_of(page)
    page = open_url(browser, f"{address}/compare?study=cells")
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for(timeout=90_000)
    page.get_by_text("drawn images first").first.wait_for(timeout=90_000)
    page = open_url(browser, f"{address}/run?study=cells")
    link = page.get_by_role("link", name="Open in the MLflow UI", include_hidden=True)
    link.wait_for(state="attached", timeout=90_000)
    assert "is not there" not in text_of(page)
    assert page.away == []


def check_report(browser: Any, file: Path, answer: str) -> None:
    """The page opens with the answer, and prints to PDF with every column of its tables."""
    window = browser.new_page()
    window.goto(file.as_uri())
    assert answer in text_of(window)
    assert QUESTION in text_of(window)
    printed = file.with_name("printed.pdf")
    window.pdf(path=printed, format="A4")
    assert printed.read_bytes().startswith(b"%PDF")
    reader = shutil.which("pdftotext")
    if reader is None:
        return
    process = subprocess.run([reader, "-layout", printed, "-"], capture_output=True, text=True)
    text = re.sub(r"\s+", " ", process.stdout)
    assert answer in text
    for heading in ("contrast", "difference", "corrected"):
        assert heading in text


@contextmanager
def mlflow_ui(home: Home) -> Iterator[str]:
    """The address of MLflow's own UI, as a person starts it on the runs of a home."""
    address = f"http://127.0.0.1:{free_port()}"
    words = ["server", "--backend-store-uri", f"sqlite:///{home.database}", "--workers", "1"]
    words += ["--host", "127.0.0.1", "--port", address.rpartition(":")[2]]
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words],
        cwd=home.folder,
        env={**user_environment(), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"{address}/health")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(20)


def half(trial: Trial) -> float:
    return 0.5


def test_the_address_that_is_printed_opens_model_training(
    home: Home, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_at(home, SEEDS.format(name="pages", seeds=2))
    (first, _) = fill(home, study, scores(half))
    tracker = tracker_of(home)
    with mlflow_ui(home) as address:
        monkeypatch.setenv("HARNESS_MLFLOW_UI", address)
        window = browser.new_page()
        window.set_default_timeout(90_000)
        window.goto(str(study_page(tracker, "pages")))
        window.get_by_text("2 matching runs").wait_for()
        assert "Model training" in text_of(window)
        window.goto(run_page(tracker, first))
        window.get_by_text("Model metrics").first.wait_for()
        window.get_by_text("dice").first.wait_for()
