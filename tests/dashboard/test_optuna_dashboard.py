"""Optuna's own dashboard opens the searches of a home, in a real browser and without harness."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from harness.store import Home
from tests.dashboard.browser import ARGUMENTS, CHROMIUM

PROGRAM = Path(sys.executable).with_name("optuna-dashboard")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
    pytest.mark.skipif(
        not (PROGRAM.exists() or shutil.which("optuna-dashboard")),
        reason="needs optuna-dashboard: pip install optuna-dashboard",
    ),
]
PATIENCE = 20_000  # milliseconds of the page's own clock


@pytest.fixture(scope="module")
def address(searched_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of optuna-dashboard, started on the file in which the search is kept."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(PROGRAM) if PROGRAM.exists() else "optuna-dashboard"
    journal = searched_home.hidden / "optuna.journal"
    words = [program, str(journal), "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with log.open("w") as output:
        server = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Waits until the server answers."""
    for _ in range(240):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/dashboard/", timeout=1)
            return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(log.read_text())


def text_in_browser(url: str, folder: Path) -> str:
    """What a page says after its scripts have drawn it."""
    words = [str(CHROMIUM), "--headless", *ARGUMENTS]
    words += [f"--user-data-dir={folder}", "--window-size=1280,900"]
    words += [f"--virtual-time-budget={PATIENCE}", "--dump-dom", url]
    outcome = subprocess.run(words, capture_output=True, text=True, check=True, timeout=180)
    body = re.sub(r"<(script|style).*?</\1>", " ", outcome.stdout, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", " ", body))
    return " ".join(text.split())


def answer_of(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def test_it_lists_the_search(address: str, tmp_path: Path) -> None:
    text = text_in_browser(f"{address}/dashboard/", tmp_path)
    assert "sought" in text
    assert "MAXIMIZE" in text


def test_it_draws_the_search_with_its_settings_and_metric(address: str, tmp_path: Path) -> None:
    text = text_in_browser(f"{address}/dashboard/studies/0", tmp_path)
    assert "sought (id=0)" in text
    assert "Best Trial" in text
    assert "dice" in text
    for path in ("fit.method.loss", "fit.method.lr"):
        assert path in text


def test_it_has_every_point_with_the_mean_that_the_sampler_was_told(
    address: str, searched_home: Home
) -> None:
    from harness.search.history import read_history
    from harness.study.load import load_study

    trials = answer_of(f"{address}/api/studies/0?after=0")["trials"]
    history = read_history(load_study(searched_home.folder / "sought.yaml"), searched_home)
    assert history is not None
    means = [point.means for point in history.points]
    assert [trial["state"] for trial in trials] == ["Complete"] * len(means)
    values = [tuple(trial["values"]) for trial in trials]
    assert values == [pytest.approx(mean) for mean in means]
