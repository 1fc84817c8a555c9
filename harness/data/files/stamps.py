"""What tells from the outside that a file has changed: its size and times, and its companions'."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER_AND_PIXELS = (".hdr", ".img")  # the two files of one Analyze or NIfTI volume


@dataclass(frozen=True)
class Stamp:
    """The state of a file, or of all files that belong to it."""

    size: int  # bytes
    changed: int  # ns; when the kernel last noted a change, which no program can set back
    code: str  # a hash of names, sizes and times


def file_stamp(path: Path) -> Stamp:
    """The stamp of a file with its companion, or of a folder with every file in it.

    Size and time of change can be kept by whoever writes a file, so ctime stands beside them.
    """
    size, changed = 0, 0
    code = hashlib.sha256()
    for file in _files_of(path):
        status = os.stat(file)
        facts = (file, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        code.update(repr(facts).encode())
        size += status.st_size
        changed = max(changed, status.st_ctime_ns)
    return Stamp(size, changed, code.hexdigest())


def _files_of(path: Path) -> Iterator[str]:
    """The files whose bytes belong to a path, in an order that stays."""
    if path.is_dir():
        for folder, subfolders, names in os.walk(path):
            subfolders.sort()
            for name in sorted(names):
                yield os.path.join(folder, name)
        return
    yield str(path)
    if path.suffix.lower() not in HEADER_AND_PIXELS:
        return
    for ending in HEADER_AND_PIXELS:
        for suffix in (ending, ending.upper()):
            companion = path.with_suffix(suffix)
            if companion != path and companion.exists():
                yield str(companion)
