"""Files that are either as before or whole, whatever happens meanwhile."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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
    with replacing(path) as unfinished, open(unfinished, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside another to write, which is then moved into its place; gone if that fails."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def link_or_copy(source: Path | str, target: Path | str) -> None:
    """A file under a second name: no second copy on the disk where a link is possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def give_usual_mode(path: Path) -> None:
    """Lets those read a file whom the umask lets: some libraries write for the owner alone."""
    sample = path.with_name(f"{path.name}.mode")
    handle = os.open(sample, os.O_CREAT | os.O_WRONLY, 0o666)
    try:
        path.chmod(stat.S_IMODE(os.fstat(handle).st_mode))
    finally:
        os.close(handle)
        sample.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """A plain value as JSON, whole or not at all."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=True)
    write(path, text)


def read_json(path: Path) -> Any:
    """What `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def sync(path: Path) -> None:
    """Has the bytes of a file, or the names in a folder, written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
