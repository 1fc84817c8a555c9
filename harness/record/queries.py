"""SQL asked of an MLflow database: of a file by sqlite3, of a database server by SQLAlchemy.

A file is not read by SQLAlchemy, for importing it takes longer than a plan does.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.record.address import check_address
from harness.record.database import Ask, open_read_only

if TYPE_CHECKING:
    from sqlalchemy import Engine

BY_ROW = "r.rowid"  # of a file: as recorded, for a clock may be set back
BY_START = "r.start_time, r.run_uuid"  # of a server, whose rows have no order of their own


@contextmanager
def ask_file(file: Path) -> Iterator[Ask]:
    """A function that asks a database file, opened so that nothing can be written to it."""
    with closing(open_read_only(file)) as db:

        def ask(sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
            return db.execute(sql, values).fetchall()

        yield ask


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
