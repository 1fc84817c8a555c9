"""A database as a process leaves it that is killed in the middle of a commit."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def leave_change_unfinished(file: Path) -> Path:
    """Leaves a database with half of a change in it, and the journal that undoes it.

    The change drops the tags and is larger than SQLite's memory, so that its pages reach the file
    before the commit. Returns the journal.
    """
    changing = file.with_name("changing.db")
    shutil.copy(file, changing)
    with closing(sqlite3.connect(changing)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("DROP TABLE tags")
        db.execute("CREATE TABLE filler (line TEXT)")
        db.executemany("INSERT INTO filler VALUES (?)", [("x" * 1000,)] * 200)
        shutil.copy(changing, file)
        journal = shutil.copy(f"{changing}-journal", f"{file}-journal")
        db.rollback()
    changing.unlink()
    return Path(journal)
