"""A database that somebody else keeps locked, and an SQLite that loses patience at once."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

MOMENT = 0.05  # seconds


class HastyCursor(sqlite3.Cursor):
    """A cursor that waits for a lock for a moment, whatever it is told."""

    def execute(self, sql: str, *args: Any) -> "HastyCursor":
        if "busy_timeout" in sql:
            sql = f"PRAGMA busy_timeout = {int(1000 * MOMENT)}"
        return super().execute(sql, *args)


class HastyConnection(sqlite3.Connection):
    """A connection whose cursors wait for a moment only."""

    def cursor(self, *args: Any) -> Any:
        return super().cursor(HastyCursor)


def lose_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes SQLite wait for a lock for a moment only, in harness and in MLflow."""
    connect = sqlite3.connect

    def connect_hastily(*args: Any, **options: Any) -> sqlite3.Connection:
        options.update(timeout=MOMENT, factory=HastyConnection)
        return connect(*args, **options)

    monkeypatch.setattr(sqlite3, "connect", connect_hastily)
    # MLflow's engine calls it by this name.
    monkeypatch.setattr(sqlite3.dbapi2, "connect", connect_hastily)


@contextmanager
def locked_by_another(file: Path, seconds: float, pause: float = 0.0) -> Iterator[None]:
    """Somebody else has a database locked for so long; with a pause, again and again."""
    is_locked = threading.Event()
    is_over = threading.Event()

    def lock() -> None:
        with closing(sqlite3.connect(file)) as db:
            while not is_over.is_set():
                try:
                    db.execute("BEGIN EXCLUSIVE")
                except sqlite3.OperationalError:
                    continue
                is_locked.set()
                is_over.wait(seconds)
                db.rollback()
                if not pause:
                    return
                is_over.wait(pause)

    thread = threading.Thread(target=lock)
    thread.start()
    is_locked.wait()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
