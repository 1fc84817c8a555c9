"""A real `mlflow server` on this machine, which stores artifacts too, as a module's fixture."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

SECONDS_TO_START = 120.0


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an `mlflow server`, which ends with the module."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    address = f"http://127.0.0.1:{free_port()}"
    log = folder / "log.txt"
    process = start_server(folder, address, log)
    try:
        _wait_until_healthy(process, address, log)
        yield address
    finally:
        # at once: asked to end, it waits for connections that clients keep open
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def start_server(folder: Path, address: str, log: Path) -> "subprocess.Popen[bytes]":
    """Starts a server that keeps its runs and their artifacts in a folder."""
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts"]
    command += ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--workers", "1"]
    environment = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true")
    environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # which starts processes of its own
    environment.pop("MLFLOW_TRACKING_URI", None)
    with open(log, "wb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_healthy(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    """Waits until the server answers; its log is the error where it ends before."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no mlflow server after {SECONDS_TO_START:.0f} s: {log.read_text()}")
