"""Files that a study names: whether a text can be a path, and bytes up to a limit."""

import stat
from pathlib import Path

LONGEST_PATH = 4_096  # bytes that Linux takes
LONGEST_NAME = 255  # bytes of each name in a path, on nearly every file system


class Unreadable(Exception):
    """A file that is not read; the text says why."""


def why_no_path(text: str) -> str | None:
    """Why no file system takes a text as a path, None where one does."""
    size = len(text.encode(errors="surrogatepass"))
    if not text:
        return "is empty; name a file"
    if "\0" in text:
        return "holds a NUL character, which no path has; take it out"
    if size > LONGEST_PATH:
        return f"is a path of {size:,} bytes; shorten it to {LONGEST_PATH:,}"
    for name in text.split("/"):
        size = len(name.encode(errors="surrogatepass"))
        if size > LONGEST_NAME:
            return f"has a name of {size:,} bytes in its path; shorten it to {LONGEST_NAME}"
    return None


def read_bounded(path: Path, largest: int, kind: str) -> bytes:
    """The bytes of a regular file of at most `largest` bytes; `kind` says what such a file is.

    A pipe or a device would be waited for, or read without an end.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("cannot be read: it is a folder; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("cannot be read: it is a pipe or a device; copy it into a file")
        if status.st_size > largest:
            raise Unreadable(f"{status.st_size:,} bytes; {kind} has at most {largest:,}")
        with path.open("rb") as handle:
            return handle.read(largest)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise Unreadable("cannot be read: its path holds a NUL character") from None
