"""A real PostgreSQL on this machine, as a module's fixture: a cluster of its own that is removed.

PostgreSQL refuses to be started by root, so that root starts it as the user postgres.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made.mlflow_server import free_port

USER = "postgres"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest of those that are installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in reversed(folders):
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def why_no_postgres() -> str | None:
    """Why there can be no PostgreSQL in a test; None where there can."""
    if programs() is None:
        return "PostgreSQL is not installed"
    if importlib.util.find_spec("psycopg2") is None:
        return "psycopg2 is not installed"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _has_user()):
        return "PostgreSQL is not started by root, and there is no user postgres"
    return None


def _has_user() -> bool:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of an empty database, which ends with the module."""
    reason = why_no_postgres()
    if reason is not None:
        pytest.skip(reason)
    # pytest's own folders are closed to other users
    folder = Path(tempfile.mkdtemp(prefix="harness-postgres-"))
    port = free_port()
    try:
        _start(folder, port)
        try:
            yield f"postgresql+psycopg2://{USER}@127.0.0.1:{port}/postgres"
        finally:
            _as_owner("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, port: int) -> None:
    """Makes a cluster and starts it on loopback."""
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    data = str(folder / "data")
    _as_owner("initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
    log = str(folder / "log.txt")
    _as_owner("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")


def _as_owner(program: str, *words: str) -> None:
    """Runs one of PostgreSQL's programs, as the user postgres where this is root."""
    folder = programs()
    assert folder is not None
    command = [str(folder / program), *words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", USER, "--", *command]
    # a server that is started keeps its output open, so it is given none of a pipe's
    with tempfile.TemporaryFile() as output:
        outcome = subprocess.run(
            command,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        output.seek(0)
        text = output.read().decode(errors="replace")
    assert outcome.returncode == 0, text
