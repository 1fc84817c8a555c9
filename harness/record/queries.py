"""SQL asked of an MLflow database: of a file by sqlite3, of a database server by SQLAlchemy.

A file is not read by SQLAlchemy, for importing it takes longer than a plan does.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.record import patience
from harness.record.address import check_address
from harness.record.database import Ask, open_read_only
from harness.record.patience import when_unlocked

if TYPE_CHECKING:
    from sqlalchemy import Engine

# What SQLite says of a database that is cut short, or another program's.
SIGNS_OF_DAMAGE = ("no such table", "no such column", "malformed", "not a database")


class DamagedDatabase(ValueError):
    """A database file that is cut short, or another program's."""


@contextmanager
def ask_file(file: Path, is_patient: bool) -> Iterator[Ask]:
    """A function that asks a database file, opened so that nothing can be written to it.

    A lock that somebody else holds on it is waited for: for long, or only as SQLite does.
    """
    seconds = patience.PATIENCE if is_patient else 0.0
    with _damage_in_words(file):
        connection = when_unlocked(lambda: open_read_only(file), seconds)
    with closing(connection) as db:

        def ask(sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
            with _damage_in_words(file):
                return when_unlocked(lambda: db.execute(sql, values).fetchall(), seconds)

        yield ask


@contextmanager
def _damage_in_words(file: Path) -> Iterator[None]:
    """Says in a sentence that a file is damaged, or another program's, where SQLite does."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not any(sign in str(error) for sign in SIGNS_OF_DAMAGE):
            raise
        raise DamagedDatabase(
            f"{file} is damaged, or no database of MLflow ({error}); move it away: "
            "`harness run` records again what is kept"
        ) from None


@contextmanager
def ask_server(uri: str) -> Iterator[Ask]:
    """A function that asks a database server; one without MLflow's tables answers with nothing."""
    check_address(uri)
    from sqlalchemy import inspect, text

    with _engine(uri).connect() as connection:
        connection = connection.execution_options(postgresql_readonly=True)
        is_empty = not inspect(connection).has_table("runs")

        def ask(sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
            if is_empty:
                return []
            return [tuple(row) for row in connection.execute(text(sql), values)]

        yield ask


@cache
def _engine(uri: str) -> "Engine":
    """SQLAlchemy's engine of an address, which keeps no connection: processes are forked."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    return create_engine(uri, poolclass=NullPool)
