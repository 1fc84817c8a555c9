"""MLflow's tables: made, or brought up to date, beside the database and then put into its place."""

import logging
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.record.database import SQLITE, open_for_writing

SIDE_FILES = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database
TALKATIVE = ("mlflow", "alembic", "alembic.runtime.migration")
SAYS_TWICE = "mlflow.store.db.utils"  # prints every error that it raises


def bring_up_to_date(file: Path) -> None:
    """Makes a database where there is none, and migrates one of an older MLflow.

    The caller holds the lock of the database. Whatever ends the process meanwhile, the database is
    absent, as it was, or whole: MLflow's migrations are many transactions, so that one that is cut
    short in the database itself can neither be taken up again nor be undone.
    """
    file = file.resolve()
    unfinished = file.with_name(f".{file.name}.unfinished")
    _remove(unfinished)
    is_new = not file.exists() or not file.stat().st_size
    if not is_new and _revision(file) == _latest_revision():
        return
    try:
        if is_new:
            _migrate(unfinished, is_new)
            _remove(file)  # a journal of a database that is gone would be played into the new one
            os.replace(unfinished, file)
        else:
            _copy(file, unfinished)
            _migrate_copy(file, unfinished)
            _copy(unfinished, file)  # one transaction, so that who has it open sees no half of it
    finally:
        _remove(unfinished)


def _remove(file: Path) -> None:
    """Removes a database with everything that SQLite keeps beside it."""
    for ending in ("", *SIDE_FILES):
        file.with_name(f"{file.name}{ending}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copies the content of a database over that of another, wholly or not at all."""
    with closing(open_for_writing(source)) as old, closing(open_for_writing(target)) as new:
        old.backup(new)


def _revision(file: Path) -> str | None:
    """The name of the last migration that a database has had; None where it has had none."""
    with closing(open_for_writing(file)) as db:
        tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
        if tables.fetchone() == (0,):
            return None
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _latest_revision() -> str:
    """The name of the last migration that this MLflow knows."""
    return str(_mlflow_schema()._get_latest_schema_revision())


def _migrate_copy(file: Path, unfinished: Path) -> None:
    """Migrates a copy of a database, or says in a sentence why that cannot be."""
    from mlflow import __version__

    try:
        _migrate(unfinished, _revision(unfinished) is None)
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(
            f"{file} cannot be brought to the tables of MLflow {__version__} ({reason}); install "
            "the MLflow that made it, or move it away: `harness run` records again what is kept"
        ) from error


def _migrate(file: Path, is_new: bool) -> None:
    """Carries out MLflow's migrations; a new database gets its first tables before."""
    schema = _mlflow_schema()
    engine = schema.create_sqlalchemy_engine(f"{SQLITE}{file}")
    try:
        if is_new:
            schema._initialize_tables(engine)
        else:
            schema._upgrade_db(engine)
    finally:
        engine.dispose()


def _mlflow_schema() -> Any:
    """MLflow's own module of migrations.

    MLflow's client remembers every database that it has opened by its path. It must not come to
    know the unfinished one, which is soon the file of another path.
    """
    from mlflow.store.db import utils

    silence_mlflow()
    return utils


def silence_mlflow() -> None:
    """Keeps MLflow from naming each of its migrations; it sets its loggers when it is imported."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger(SAYS_TWICE).setLevel(logging.CRITICAL)
