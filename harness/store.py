"""Folders named by key: complete or absent, one maker at a time, resumable while incomplete."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

SECONDS_BETWEEN_TRIES = 0.05
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
            yield folder
            for path in folder.rglob("*"):
                if path.is_file():
                    _sync(path)
            if old is not None:
                # made again with more in it; who has a file of the old one open keeps it
                os.rename(old, self.root / f"{key}.old")
            os.rename(folder, self.path(key))
            _sync(self.root)
            shutil.rmtree(self.root / f"{key}.old", ignore_errors=True)

    def drop(self, key: str) -> None:
        """Removes what is kept under a key, finished or not."""
        for folder in (self.path(key), self.partial(key)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def file_lock(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One holder at a time on this machine; the kernel lets go when the holder dies, however it
    dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(SECONDS_BETWEEN_TRIES)
        yield


def is_locked(path: Path) -> bool:
    """Whether a living process holds a lock."""
    if not path.exists():
        return False
    with open(path, "a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def file_name(text: str, also: str = "") -> str:
    """A text as a name that every file system takes; `also` are further characters that stay."""
    letters = []
    for letter in text:
        is_safe = letter.isalnum() or letter in f"-_{also}"
        letters.append(letter if is_safe else "_")
    return "".join(letters)


def write(path: Path, content: bytes | str) -> None:
    """A file that is either as before or whole, whatever happens meanwhile."""
    if isinstance(content, str):
        content = content.encode()
    unfinished = _partial_path(path)
    with open(unfinished, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(unfinished, path)


def write_json(path: Path, value: Any) -> None:
    """A plain value as JSON, whole or not at all."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=True)
    write(path, text)


def read_json(path: Path) -> Any:
    """What `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def save_tensors(
    path: Path,
    tensors: "dict[str, Tensor]",
    description: dict[str, Any] | None = None,
) -> None:
    """Tensors and a plain value in one safetensors file, whole or not at all."""
    from safetensors.torch import save_file  # torch is not needed to look into a store

    addresses: set[int] = set()
    ready: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu().contiguous()
        address = value.data_ptr()
        if address in addresses:  # the format refuses shared memory
            value = value.clone()
        addresses.add(address)
        ready[name] = value
    unfinished = _partial_path(path)
    save_file(ready, unfinished, metadata={"about": json.dumps(description or {})})
    _sync(unfinished)
    os.replace(unfinished, path)


def load_tensors(path: Path) -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """What `save_tensors` wrote."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as handle:
        description = json.loads((handle.metadata() or {}).get("about", "{}"))
        names = handle.keys()
        return {name: handle.get_tensor(name) for name in names}, description


def load_weights(path: Path) -> "dict[str, Tensor]":
    """The weights in a checkpoint."""
    return load_tensors(path)[0]


def _partial_path(path: Path) -> Path:
    """The file beside another that is written first, and then moved into its place."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
