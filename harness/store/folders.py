"""Folders named by key: complete or absent, one maker at a time, resumable while incomplete."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.store.files import sync
from harness.store.locks import file_lock, why_leases

LOCKS = "locks"  # the folder of a store that is no key


@dataclass(frozen=True)
class Home:
    """Where everything that running makes is kept."""

    folder: Path

    @classmethod
    def here(cls) -> "Home":
        """HARNESS_HOME, or the working directory."""
        folder = Path(os.environ.get("HARNESS_HOME") or Path.cwd())
        return cls(folder.expanduser().resolve())

    @property
    def hidden(self) -> Path:
        """The folder of everything but the database and the reports."""
        return self.folder / ".harness"

    @property
    def database(self) -> Path:
        """The file of MLflow."""
        return self.folder / "mlflow.db"

    @property
    def data(self) -> Path:
        """HARNESS_DATA, or a folder of its own."""
        folder = Path(os.environ.get("HARNESS_DATA") or self.hidden / "datasets")
        return folder.expanduser().resolve()

    @property
    def why_leases(self) -> str | None:
        """Why leases stand for locks in this home; None where the kernel's locks will do."""
        lock = self.hidden / LOCKS / "start.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        return why_leases(lock)

    def store(self, kind: str) -> "Store":
        """The finished folders of one kind: fits, trials, phantoms."""
        return Store(self.hidden / kind)


@dataclass(frozen=True)
class Store:
    """Finished folders under `root`, unfinished ones beside them with the ending .partial."""

    root: Path

    def path(self, key: str) -> Path:
        """Where the finished folder of a key is, or will be."""
        return self.root / key

    def partial(self, key: str) -> Path:
        """Where the unfinished folder of a key is, or will be."""
        return self.root / f"{key}.partial"

    def find(self, key: str) -> Path | None:
        """The finished folder, None while there is none."""
        folder = self.path(key)
        return folder if folder.is_dir() else None

    def keys(self) -> set[str]:
        """What is finished."""
        names = set()
        for path in self.root.glob("*"):
            if path.is_dir() and "." not in path.name and path.name != LOCKS:
                names.add(path.name)
        return names

    @contextmanager
    def making(
        self,
        key: str,
        waiting: Callable[[], None] = lambda: None,
        enough: Callable[[Path], bool] = lambda folder: True,
    ) -> Iterator[Path | None]:
        """The unfinished folder to fill, moved into place at the end; None where there is one that
        is enough.
        """
        with file_lock(self.root / LOCKS / f"{key}.lock", waiting):
            old = self.find(key)
            if old is not None and enough(old):
                yield None
                return
            folder = self.partial(key)
            folder.mkdir(parents=True, exist_ok=True)
            _remove_unfinished_files(folder)
            yield folder
            _remove_unfinished_files(folder)
            for path in folder.rglob("*"):
                if path.is_file():
                    sync(path)
            if old is not None:
                # made again with more in it; who has a file of the old one open keeps it
                os.rename(old, self.root / f"{key}.old")
            os.rename(folder, self.path(key))
            sync(self.root)
            shutil.rmtree(self.root / f"{key}.old", ignore_errors=True)

    def drop(self, key: str) -> None:
        """Removes what is kept under a key, finished or not."""
        for folder in (self.path(key), self.partial(key)):
            shutil.rmtree(folder, ignore_errors=True)


def _remove_unfinished_files(folder: Path) -> None:
    """Removes what processes that were killed have left of files that they wrote."""
    for path in folder.rglob(".*"):
        if path.is_file():
            path.unlink()
