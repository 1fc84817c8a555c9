"""Folders named by key: complete or absent, one maker at a time, resumable while incomplete."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.store.files import link_or_copy, sync
from harness.store.locks import file_lock, is_locked, why_leases
from harness.store.manifest import BrokenFolder, set_aside, why_broken, write_manifest
from harness.store.space import is_out_of_space

KINDS = ("fits", "trials", "phantoms")  # the folders of a home that hold work
REMEDY = "set HARNESS_HOME to a folder that can be written to"
LOCKS = "locks"  # the folder of a store that is no key


class NoHome(ValueError):
    """There is no folder in which work could be kept."""


@dataclass(frozen=True)
class Home:
    """Where everything that running makes is kept."""

    folder: Path

    @classmethod
    def here(cls) -> "Home":
        """HARNESS_HOME, or the working directory; `NoHome` where neither can be."""
        name = os.environ.get("HARNESS_HOME")
        try:
            folder = Path(name) if name else Path.cwd()
            folder = folder.expanduser().resolve()
        except FileNotFoundError:
            problem = "the working folder is gone; change into one that is there"
            raise NoHome(f"{problem}, or set HARNESS_HOME") from None
        except RuntimeError:
            problem = f"HARNESS_HOME={name}: no user of this name has a home here"
            raise NoHome(f"{problem}; write the folder out") from None
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not nearest.is_dir():
            raise NoHome(f"{folder} cannot be made, for {nearest} is a file; {REMEDY}")
        return cls(folder)

    def make(self) -> None:
        """Makes the folder of everything that is kept; `NoHome` where that cannot be, or where
        nothing can be written to it.
        """
        try:
            self.hidden.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if is_out_of_space(error):
                raise
            problem = f"{self.hidden} cannot be made ({error.strerror})"
            raise NoHome(f"{problem}; {REMEDY}") from None
        for folder in (self.folder, self.hidden):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise NoHome(f"{folder} cannot be written to; {REMEDY}")

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
        is enough. One that is broken is set aside.
        """
        with file_lock(self.root / LOCKS / f"{key}.lock", waiting):
            old = self._find_sound(key)
            if old is not None and enough(old):
                yield None
                return
            folder = self.partial(key)
            folder.mkdir(parents=True, exist_ok=True)
            _remove_unfinished_files(folder)
            with _nobody_deletes(folder):
                yield folder
                _remove_unfinished_files(folder)
                write_manifest(folder)
                for path in folder.rglob("*"):
                    if path.is_file():
                        sync(path)
            if old is not None:
                # made again with more in it; who has a file of the old one open keeps it
                os.rename(old, self.root / f"{key}.old")
            os.rename(folder, self.path(key))
            sync(self.root)
            shutil.rmtree(self.root / f"{key}.old", ignore_errors=True)

    def adopt(self, key: str, source: Path) -> bool:
        """Takes over a finished folder of another store; returns whether there was none here.

        It is complete or absent here too. What is unfinished here of this key goes.
        """
        with file_lock(self.root / LOCKS / f"{key}.lock"):
            if self._find_sound(key) is not None:
                return False
            unfinished = self.root / f"{key}.adopted"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished, copy_function=link_or_copy)
            for path in unfinished.rglob("*"):
                if path.is_file():
                    sync(path)
            os.rename(unfinished, self.path(key))
            sync(self.root)
            shutil.rmtree(self.partial(key), ignore_errors=True)
            return True

    def why_broken(self, key: str, *, with_digests: bool = False) -> str | None:
        """What is wrong with the finished folder of a key; None if nothing is, or there is none."""
        folder = self.find(key)
        return None if folder is None else why_broken(folder, with_digests=with_digests)

    def open(self, key: str) -> Path:
        """The finished folder of a key, whose files are those that were finished.

        One that is broken is set aside, which is a `BrokenFolder`: the next run makes it again.
        """
        folder = self.path(key)
        problem = why_broken(folder, with_digests=True)
        if problem is None:
            return folder
        with suppress(FileNotFoundError):  # another process was faster
            set_aside(folder)
        raise BrokenFolder(f"{problem}; it is set aside, and the next `harness run` makes it again")

    def _find_sound(self, key: str) -> Path | None:
        """The finished folder; one that is broken is set aside, so that it is made again."""
        folder = self.find(key)
        if folder is None or why_broken(folder, with_digests=True) is None:
            return folder
        set_aside(folder)
        return None

    def drop_empty(self, key: str) -> None:
        """Removes an unfinished folder in which nothing is, and which nobody fills."""
        if not is_locked(self.root / LOCKS / f"{key}.lock"):
            with suppress(OSError):
                self.partial(key).rmdir()

    def drop(self, key: str) -> None:
        """Removes what is kept under a key, finished or not."""
        for folder in (self.path(key), self.partial(key)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _nobody_deletes(folder: Path) -> Iterator[None]:
    """Says of a folder that is gone while it is filled that it is: who writes to it cannot know."""
    try:
        yield
    except Exception as error:
        if folder.is_dir() or str(folder) not in str(error):
            raise
        text = "was deleted while it was filled, by a component or another program"
        raise ValueError(f"{folder} {text}") from error


def _remove_unfinished_files(folder: Path) -> None:
    """Removes what processes that were killed have left of files that they wrote."""
    for path in folder.rglob(".*"):
        if path.is_file():
            path.unlink()
