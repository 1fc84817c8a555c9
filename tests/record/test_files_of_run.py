"""Which file of a run is taken, and that none is judged that is broken."""

import shutil
from pathlib import Path

import pytest

from harness.record.database import Run
from harness.record.files_of_run import file_of_run
from harness.record.table import table
from harness.store import Home
from tests.cli.test_cli import call
from tests.made.studies import run_study, tracker_of


def first_run(home: Home) -> Run:
    return tracker_of(home).runs("tiny")[0]


def rows_in_store(home: Home) -> Path:
    return home.store("trials").path(first_run(home).key) / "rows.parquet"


def overwrite(path: Path) -> None:
    """Other bytes in a file of its own, where a link to it keeps the old ones."""
    size = path.stat().st_size
    path.unlink()
    path.write_bytes(bytes(size))


def test_broken_rows_are_a_sentence_and_the_artifact_stands_in(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    expected = table(tracker_of(home), "tiny")[1]
    rows = rows_in_store(home)
    overwrite(rows)
    for command in ("compare", "report"):
        code, out, err = call(command, str(tiny))
        assert code == 2
        assert out == ""
        assert f"{rows} holds other bytes" in err
        assert "`harness check --repair`" in err
    assert call("check", "--repair")[0] == 0
    assert table(tracker_of(home), "tiny")[1].equals(expected)
    artifact = file_of_run(tracker_of(home), first_run(home), "rows.parquet")
    assert artifact is not None
    assert artifact.is_relative_to(home.hidden / "artifacts")
    overwrite(artifact)
    code, _, err = call("compare", str(tiny))
    assert code == 2
    assert f"{artifact} holds other bytes" in err
    assert f"remove the run {first_run(home).id} from MLflow" in err


def test_rows_that_are_gone_from_the_store_are_a_sentence(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    rows_in_store(home).unlink()
    with pytest.raises(ValueError, match=r"rows.parquet is gone; `harness check --repair`"):
        table(tracker_of(home), "tiny")


def test_a_home_that_lost_its_store_shows_what_it_has_recorded(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    verdicts = call("compare", str(tiny), "--json")
    run = first_run(home)
    shutil.rmtree(home.store("trials").root)
    assert call("compare", str(tiny), "--json") == verdicts
    assert "rows.parquet" in call("show", run.id)[1]
    assert run.key in call("trace", run.id)[1]
    shutil.rmtree(home.hidden / "artifacts")
    code, _, err = call("trace", run.id)
    assert code == 2
    assert "neither kept here nor among its artifacts" in err
