"""`harness check`: what is broken is said by name, and made again by the next run."""

from pathlib import Path

from harness.store import Home, Store
from tests.cli.test_cli import call


def finish(store: Store, key: str) -> Path:
    with store.making(key) as folder:
        assert folder is not None
        (folder / "rows.parquet").write_text("0123456789")
    return store.path(key)


def test_what_is_broken_is_said_and_set_aside(home: Home) -> None:
    store = home.store("trials")
    sound = finish(store, "a")
    broken = finish(store, "b")
    code, out, _ = call("check")
    assert (code, out) == (0, "2 folders, 0 broken\n")
    (broken / "rows.parquet").write_text("01234")
    problem = f"broken: {broken}/rows.parquet has 5 bytes where it had 10 when it was finished"
    code, out, _ = call("check")
    assert code == 1
    assert out.splitlines() == [
        problem,
        "2 folders, 1 broken",
        "harness check --repair sets them aside, and the next run makes them again",
    ]
    code, out, _ = call("check", "--repair")
    assert code == 0
    assert out.splitlines() == [
        problem,
        f"  set aside as {broken}.broken",
        "2 folders, 1 broken",
    ]
    assert sound.is_dir()
    assert not broken.exists()
    assert call("check")[1] == "1 folders, 0 broken\n"
