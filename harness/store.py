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


@dataclass(frozen=True)
class Home:
    """Where everything that running makes is kept."""

    folder: Path

    @classmethod
    def here(cls) -> "Home":
        """HARNESS_HOME, or the working directory."""
        return cls(Path(os.environ.get("HARNESS_HOME") or Path.cwd()).expanduser().resolve())

    @property
    def hidden(self) -> Path:
        return self.folder / ".harness"

    @property
    def database(self) -> Path:
        return self.folder / "mlflow.db"

    @property
    def data(self) -> Path:
        """HARNESS_DATA, or a folder of its own."""
        return (
            Path(os.environ.get("HARNESS_DATA") or self.hidden / "datasets").expanduser().resolve()
        )

    def store(self, kind: str) -> "Store":
        return Store(self.hidden / kind)


@dataclass(frozen=True)
class Store:
    """Finished folders under `root`, unfinished ones beside them with the ending .partial."""

    root: Path

    def path(self, key: str) -> Path:
        return self.root / key

    def partial(self, key: str) -> Path:
        return self.root / f"{key}.partial"

    def find(self, key: str) -> Path | None:
        """The finished folder, None while there is none."""
        return self.path(key) if self.path(key).is_dir() else None

    def keys(self) -> set[str]:
        """What is finished."""
        return {p.name for p in self.root.glob("*") if p.is_dir() and "." not in p.name}

    @contextmanager
    def making(
        self,
        key: str,
        waiting: Callable[[], None] = lambda: None,
        enough: Callable[[Path], bool] = lambda folder: True,
    ) -> Iterator[Path | None]:
        """The unfinished folder to fill, moved into place at the end; None where there is one that is enough."""
        with locked(self.root / "locks" / f"{key}.lock", waiting):
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
            if (
                old is not None
            ):  # made again with more in it; who has a file of the old one open keeps it
                os.rename(old, self.root / f"{key}.old")
            os.rename(folder, self.path(key))
            _sync(self.root)
            shutil.rmtree(self.root / f"{key}.old", ignore_errors=True)

    def drop(self, key: str) -> None:
        """Removes what is kept under a key, finished or not."""
        for folder in (self.path(key), self.partial(key)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One holder at a time on this machine; the kernel lets go when the holder dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(0.05)
        yield


def file_name(text: str, also: str = "") -> str:
    """A text as a name that every file system takes; `also` are further characters to leave as they are."""
    return "".join(c if c.isalnum() or c in f"-_{also}" else "_" for c in text)


def held(path: Path) -> bool:
    """Whether a living process holds a lock."""
    if not path.exists():
        return False
    with open(path, "a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def write(path: Path, content: bytes | str) -> None:
    """A file that is either as before or whole, whatever happens meanwhile."""
    raw = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(beside, "wb") as handle:
        handle.write(raw)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, path)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=True))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def save_tensors(
    path: Path, tensors: "dict[str, Tensor]", about: dict[str, Any] | None = None
) -> None:
    """Tensors and a plain value in one safetensors file, whole or not at all."""
    from safetensors.torch import save_file  # torch is not needed to look into a store

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    seen: set[int] = set()
    ready = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu().contiguous()
        ready[name] = (
            value.clone() if value.data_ptr() in seen else value
        )  # the format refuses shared memory
        seen.add(value.data_ptr())
    save_file(ready, beside, metadata={"about": json.dumps(about or {})})
    _sync(beside)
    os.replace(beside, path)


def load_tensors(path: Path) -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """What `save_tensors` wrote."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as handle:
        about = json.loads((handle.metadata() or {}).get("about", "{}"))
        return {name: handle.get_tensor(name) for name in handle.keys()}, about  # noqa: SIM118  not a mapping


def load_weights(path: Path) -> "dict[str, Tensor]":
    """The weights in a checkpoint."""
    return load_tensors(path)[0]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
