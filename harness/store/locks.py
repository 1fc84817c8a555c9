"""One holder at a time: by a lock of the kernel, or by a lease where the file system has none."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.store.leases import Watch, hold_lease, is_leased

SECONDS_BETWEEN_TRIES = 0.05
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
NOT_SUPPORTED = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
WAY = "HARNESS_LOCKS"  # lock | lease: what the user knows better than the mount table

# Mount options under which a lock is seen on one computer alone, by kind of file system.
LOCAL_LOCKS = {
    "lustre": ("localflock",),
    "nfs": ("nolock", "local_lock=all", "local_lock=flock"),
    "nfs4": ("nolock", "local_lock=all", "local_lock=flock"),
}

_reasons: dict[Path, str | None] = {}  # folder -> why its files are leased, as was found out


@dataclass(frozen=True)
class Mount:
    """Where a file system hangs in the tree, and how it is mounted."""

    folder: Path
    kind: str
    options: frozenset[str]


@contextmanager
def file_lock(
    path: Path, waiting: Callable[[], None] = lambda: None, watch: Watch | None = None
) -> Iterator[None]:
    """One holder at a time; whoever dies lets go, however it dies.

    The kernel sees to that at once. A lease is free when its holder is known to be dead, or has not
    been heard of for a while: `watch` remembers it for somebody who looks again and again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if why_leases(path) is not None:
        with hold_lease(path, waiting, watch):
            yield
        return
    with open(path, "a", encoding="utf-8") as handle:
        while not _lock_now(handle):
            waiting()
            time.sleep(SECONDS_BETWEEN_TRIES)
        yield


def is_locked(path: Path) -> bool:
    """Whether a living process holds a lock or lease."""
    if is_leased(path):
        return True
    if not path.exists() or why_leases(path) is not None:
        return False
    with _open_to_look(path) as handle:
        return not _lock_now(handle)


def why_leases(path: Path) -> str | None:
    """Why a lease stands for this lock; None where the kernel's lock will do.

    The folder of the lock must exist.
    """
    choice = os.environ.get(WAY)
    if choice is not None:
        return f"{WAY} says so" if choice == "lease" else None
    if path.parent not in _reasons:
        _reasons[path.parent] = _why_not_shared(path.parent) or _why_no_lock(path)
    return _reasons[path.parent]


def _why_not_shared(folder: Path) -> str | None:
    """What the table of mounts says against locks; None where they are seen by all computers."""
    mount = mount_of(folder)
    if mount is None:
        return None
    for option in LOCAL_LOCKS.get(mount.kind, ()):
        if option in mount.options:
            return f"{mount.folder} is {mount.kind}, whose locks ({option}) end at one computer"
    return None


def _why_no_lock(path: Path) -> str | None:
    """Tries a lock; what the file system says against it, None where it works."""
    try:
        with _open_to_look(path) as handle:
            _lock_now(handle)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise
        return f"the file system of {path.parent} has no locks ({error.strerror})"
    return None


def _open_to_look(path: Path) -> IO[str]:
    """Opens the file of a lock, to read where it cannot be written: the home of somebody else."""
    try:
        return open(path, "a", encoding="utf-8")
    except OSError as error:
        if error.errno not in NOT_WRITABLE or not path.exists():
            raise
        return open(path, encoding="utf-8")


def _lock_now(handle: IO[str]) -> bool:
    """Locks an open file, unless somebody else has locked it; one that is open to read is shared,
    for over a network only who may write can have a lock alone.
    """
    kind = fcntl.LOCK_EX if handle.writable() else fcntl.LOCK_SH
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def mount_of(folder: Path, table: Path = Path("/proc/self/mountinfo")) -> Mount | None:
    """The mount that a folder lies on; None on a system that does not list its mounts."""
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    folder = folder.resolve()
    nearest = None
    for line in lines:
        mount = _read_mount(line)
        if not folder.is_relative_to(mount.folder):
            continue
        if nearest is None or len(mount.folder.parts) >= len(nearest.folder.parts):
            nearest = mount
    return nearest


def _read_mount(line: str) -> Mount:
    """A line of /proc/self/mountinfo: the kind of the file system stands behind a dash."""
    hanging, _, system = line.partition(" - ")
    words = hanging.split()
    kind, _, options = system.split(" ", 2)
    super_options = options.split(" ")[-1]
    folder = words[4].replace("\\040", " ")
    return Mount(Path(folder), kind, frozenset([*words[5].split(","), *super_options.split(",")]))
