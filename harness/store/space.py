"""A full disk, in a sentence."""

import errno
import os
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
# What libraries say that write by themselves: safetensors, SQLite, HDF5.
WORDS = ("No space left on device", "database or disk is full", "Disk quota exceeded")


def is_out_of_space(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, says that a disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        text = str(error)
        if any(words in text for words in WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


def free_bytes(folder: Path) -> int:
    """The room that is left where a folder lies, or will lie."""
    return shutil.disk_usage(_nearest_folder(folder)).free


def no_space(folder: Path) -> str:
    """What to say of a full disk, and what to do."""
    folder = _nearest_folder(folder)
    free = shutil.disk_usage(folder).free
    return (
        f"no space left on the disk of {folder} ({free / 1e6:.1f} MB free); "
        "make room and run the same command again: what is finished stays, nothing is lost"
    )


def _nearest_folder(folder: Path) -> Path:
    """The folder itself, or the first above it that exists."""
    while not os.path.isdir(folder) and folder != folder.parent:
        folder = folder.parent
    return folder
