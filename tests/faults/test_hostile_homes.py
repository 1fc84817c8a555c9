"""A home or a database that cannot be used is a sentence with what is meant and what to do."""

import ctypes
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.progress import lock_path
from harness.store import Home, NoHome, file_lock
from tests.cli.test_cli import call
from tests.made.studies import run_study, tracker_of
from tests.run.test_limits import progress_of


def test_a_working_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        f"import os, sys; os.rmdir({str(gone)!r}); from harness.cli.main import main; "
        f"sys.argv = ['harness', 'status']; main()"
    )
    environment = {name: value for name, value in os.environ.items() if name != "HARNESS_HOME"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=gone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 2, process.stderr
    assert process.stderr == (
        "the working folder is gone; change into one that is there, or set HARNESS_HOME\n"
    )


def test_a_home_of_nobody_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", "~nobody-here/x")
    with pytest.raises(NoHome, match="HARNESS_HOME=~nobody-here/x: no user of this name has a"):
        Home.here()


def test_a_home_below_a_file_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(NoHome, match=r"cannot be made, for .*file is a file; set HARNESS_HOME to"):
        Home.here()
    with pytest.raises(NoHome, match=r"cannot be made \(Not a directory\); set HARNESS_HOME to"):
        Home(tmp_path / "file" / "below").make()


WITHOUT_RIGHTS = """
import sys
from pathlib import Path
from harness.store import NoHome
from tests.cli.test_cli import call

for words in (["status"], ["run", sys.argv[1]]):
    try:
        code, out, err = call(*words)
        print(words[0], code, err.strip(), sep="|")
    except NoHome as error:
        print(words[0], error, sep="|")
"""
DROP_CAPABILITY, MAY_WRITE_EVERYWHERE = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def give_up_rights() -> None:
    """Takes from the program that follows what lets root write where nobody may."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(DROP_CAPABILITY, MAY_WRITE_EVERYWHERE, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="rights are dropped as Linux does it")
def test_a_home_that_is_read_only_can_be_looked_at(home: Home, tiny: Path) -> None:
    progress_of(home, "a")
    with file_lock(lock_path(home, "s", os.getpid())):
        folders = [home.folder, home.hidden, home.hidden / "running"]
        rights = [folder.stat().st_mode for folder in folders]
        lock_path(home, "s", os.getpid()).chmod(0o444)
        for folder in folders:
            folder.chmod(0o555)
        process = subprocess.run(
            [sys.executable, "-c", WITHOUT_RIGHTS, str(tiny)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            preexec_fn=give_up_rights,
            check=False,
        )
        for folder, mode in zip(folders, rights, strict=True):
            folder.chmod(mode)
    assert process.stdout.splitlines() == [
        "status|0|",
        f"run|{home.folder} cannot be written to; set HARNESS_HOME to a folder that can be "
        "written to",
    ], process.stderr


def test_an_empty_database_holds_no_runs_and_is_filled(home: Home, tiny: Path) -> None:
    home.database.touch()
    code, out, _ = call("plan", str(tiny))
    assert code == 0
    assert "trials: 4 to run, 0 done" in out
    assert run_study(tiny, home).recorded == 4
    assert len(tracker_of(home).runs()) == 4


@pytest.mark.parametrize("command", ["plan", "compare", "run"])
def test_a_database_of_another_program_is_a_sentence(home: Home, tiny: Path, command: str) -> None:
    with sqlite3.connect(home.database) as db:
        db.execute("CREATE TABLE birds (name TEXT)")
    code, _, err = call(command, str(tiny))
    assert code == 2
    assert err == (
        f"{home.database} is damaged, or no database of MLflow (no such table: runs); move it "
        "away: `harness run` records again what is kept\n"
    )


def test_a_truncated_database_is_a_sentence(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    content = home.database.read_bytes()
    home.database.write_bytes(content[: len(content) // 3])
    code, _, err = call("plan", str(tiny))
    assert code == 2
    assert err.startswith(f"{home.database} is damaged, or no database of MLflow (")
    assert err.count("\n") == 1
