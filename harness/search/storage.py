"""Where the points of a search are kept: a journal in the home, or a database by its address."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.record.passwords import without_passwords
from harness.store import Home, file_lock

ADDRESS = "HARNESS_OPTUNA"  # the address of a database that several machines share


def journal_path(home: Home) -> Path:
    """The file in which the searches of a home are kept; optuna-dashboard opens it."""
    return home.hidden / "optuna.journal"


def storage_text(home: Home) -> str:
    """Where the searches are kept, as it may be shown to anybody."""
    address = os.environ.get(ADDRESS)
    return without_passwords(address) if address else str(journal_path(home))


def exists(home: Home) -> bool:
    """Whether any search may have been kept here."""
    return bool(os.environ.get(ADDRESS)) or journal_path(home).exists()


def open_storage(home: Home) -> Any:
    """Optuna's storage of a home; a ValueError, without passwords, where it cannot be opened."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = os.environ.get(ADDRESS)
    if address:
        try:
            return optuna.storages.RDBStorage(address)
        except Exception as error:  # noqa: BLE001  drivers have errors of their own
            text = without_passwords(f"{address}: {error}")
            raise ValueError(f"{ADDRESS}={text.splitlines()[0]}") from None
    path = journal_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _KernelLock(path.with_name(f"{path.name}.lock"))
    _end_torn_line(path, lock)
    return optuna.storages.JournalStorage(_journal(path, lock))


class _KernelLock:
    """The lock of the journal: the kernel lets go of it when its holder is killed.

    Optuna's own is a file, which a killed process leaves behind for half a minute.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()

    def acquire(self) -> bool:
        """Waits for the lock."""
        self._stack.enter_context(file_lock(self._path))
        return True

    def release(self) -> None:
        """Lets go of the lock."""
        self._stack.close()


def _journal(path: Path, lock: _KernelLock) -> Any:
    """The journal as Optuna writes it, without waiting for the disk at each line.

    What a failing machine loses of it is asked again of the same seeds, and its trainings are in
    the store; to wait for the disk ten times a point would cost more than everything else.
    """
    import json

    from optuna.storages.journal import JournalFileBackend

    class _Journal(JournalFileBackend):
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            """Adds lines in one write, so that a kill leaves all of them or none."""
            lines = [json.dumps(log, separators=(",", ":")) + "\n" for log in logs]
            lock.acquire()
            try:
                with open(path, "ab", buffering=0) as handle:
                    handle.write("".join(lines).encode())
            finally:
                lock.release()

    return _Journal(str(path), lock_obj=lock)  # type: ignore[arg-type]


def _end_torn_line(path: Path, lock: _KernelLock) -> None:
    """Cuts off a last line that a crash of the machine has left without its end."""
    if not path.exists():
        return
    lock.acquire()
    try:
        content = path.read_bytes()
        if content and not content.endswith(b"\n"):
            with open(path, "r+b") as handle:
                handle.truncate(content.rfind(b"\n") + 1)
    finally:
        lock.release()
