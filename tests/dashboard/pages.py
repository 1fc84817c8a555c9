"""Pages as a test opens and reads them, and the command line that they should agree with."""

import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"


def number_of(path: Path) -> int:
    """Returns the number with which the name of a page's file begins."""
    return int(path.name.split("_")[0])


PAGES = [path.stem for path in sorted((DASHBOARD / "pages").glob("*.py"), key=number_of)]
TEXTS = ("markdown", "caption", "info", "warning", "header", "subheader", "code")


def open_page(page: str | None = None, **query: str) -> AppTest:
    """Opens a page, by default the first, with these parameters in its address."""
    app = AppTest.from_file(str(DASHBOARD / "app.py"), default_timeout=300)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page is not None and page != PAGES[0]:
        app.switch_page(f"pages/{page}.py").run()
    return without_failure(app)


def without_failure(app: AppTest) -> AppTest:
    """Returns a page after looking that it has not failed."""
    assert not app.exception
    assert not [error.value for error in app.error if "has failed" in error.value]
    return app


def values_of(app: AppTest, kind: str) -> list[str]:
    """Returns the texts of all elements of a kind."""
    elements: list[Any] = list(app.get(kind))
    return [element.value for element in elements]


def text_of_page(app: AppTest) -> str:
    """Returns everything that a page says, unescaped."""
    texts: list[str] = []
    for kind in TEXTS:
        texts += values_of(app, kind)
    return re.sub(r"\\(.)", r"\1", "\n".join(texts)).replace("\u2060", "")


def tiles_of_page(app: AppTest) -> dict[str, str]:
    """Returns the figures at the head of the first page by their labels."""
    return {metric.label: metric.value for metric in app.metric}


def output_of_command(*words: str) -> str:
    """Runs a command of harness; returns what it prints."""
    from harness.cli.main import app

    outcome = CliRunner().invoke(app, list(words))
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout
