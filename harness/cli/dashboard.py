"""harness dashboard: the pages that look into what was recorded, opened from any folder."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.shared import Where, app, fail, print_lines, tracker_at

MISSING = 'the dashboard needs streamlit: pip install "harness[dashboard]"'

# What a visitor may reach and see, whatever folder the command is called from.
OPTIONS = {
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "1",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": "true",  # and what Streamlit offers to install, on every page
    "runner.magicEnabled": "false",
    "theme.font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
    "theme.baseFontSize": "15",
    "theme.baseRadius": "8px",
    "theme.metricValueFontSize": "1.25rem",
    "theme.metricValueFontWeight": "600",
    "theme.headingFontSizes": "1.7rem,1.35rem,1.1rem,1rem,1rem,1rem",
    "theme.light.primaryColor": "#0072B2",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f6f8",
    "theme.light.textColor": "#1b1f24",
    "theme.light.linkColor": "#0072B2",
    "theme.dark.primaryColor": "#56B4E9",
    "theme.dark.backgroundColor": "#0f1318",
    "theme.dark.secondaryBackgroundColor": "#181e25",
    "theme.dark.textColor": "#e6edf3",
    "theme.dark.linkColor": "#56B4E9",
}


@app.command("dashboard")
def dashboard_(
    where: Where = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Who may reach it; 127.0.0.1 is this machine alone.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the dashboard: every study of this home, its answers, its runs."""
    spec = importlib.util.find_spec("dashboard.app")
    if importlib.util.find_spec("streamlit") is None or spec is None or spec.origin is None:
        fail(MISSING)
    tracker = tracker_at(where)
    if where is not None:
        os.environ["MLFLOW_TRACKING_URI"] = tracker.uri
    print_lines(f"dashboard of {tracker.shown_uri}: http://{address}:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    # -P: a folder's own dashboard.py must not stand before the package
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(Path(spec.origin))]
    os.execv(sys.executable, [*command, *streamlit_options(address, port, browser)])


def streamlit_options(address: str, port: int, browser: bool) -> list[str]:
    """The options of the server, explicitly: a folder's own configuration must not loosen them."""
    listening = {
        "server.address": address,
        "browser.serverAddress": address,
        "server.port": str(port),
        "server.headless": "false" if browser else "true",
    }
    return [f"--{name}={value}" for name, value in {**OPTIONS, **listening}.items()]
