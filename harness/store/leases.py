"""Leases: claimed files with a heartbeat, for file systems that know no locks.

A lease is a file that one process could create. It names host and process, and a counter in it
grows as long as the process lives. Whoever waits for it watches the counter by a clock of its own,
so that no two clocks are compared. A counter that stands still for too long is a lease that
anybody may take over.
"""

import os
import platform
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_TRIES = 0.2
COUNTER = 12  # digits, so that the counter is overwritten in its place
PATIENCE = "HARNESS_LEASE"  # seconds without a heartbeat until a lease may be taken over
LOST = 75  # the exit code of a process that has lost its lease

_own_leases: dict[Path, int] = {}  # that this process holds -> its open file


@dataclass(frozen=True)
class Claim:
    """What a lease says of its holder."""

    count: int
    host: str
    pid: int
    token: str

    @property
    def is_of_a_dead_process(self) -> bool:
        """Whether the holder was a process of this computer that is no more."""
        if self.host != platform.node() or not self.pid:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


class Watch:
    """What was last seen of somebody else's lease, and since when, by a clock of this process."""

    def __init__(self) -> None:
        self.has_changed = False  # its holder has given a sign of life since the first look
        self._seen: Claim | None = None
        self._since = time.monotonic()

    def is_silent(self, claim: Claim | None) -> bool:
        """Whether a lease that says this has stood still for too long."""
        if claim != self._seen:
            self.has_changed = self._seen is not None
            self._seen = claim
            self._since = time.monotonic()
        return time.monotonic() - self._since > seconds_of_a_lease()


def seconds_of_a_lease() -> float:
    """How long a lease without a heartbeat holds."""
    return float(os.environ.get(PATIENCE) or 60)


def file_of_lease(path: Path) -> Path:
    """The lease that stands for a lock."""
    return path.with_name(f"{path.name}.lease")


@contextmanager
def hold_lease(
    path: Path, waiting: Callable[[], None], watch: Watch | None = None
) -> Iterator[None]:
    """Holds the lease that stands for a lock, and gives it back at the end.

    Whoever does not wait, but looks again and again, brings the same `watch` each time.

    A process that was frozen for longer than its lease and wakes up ends at once: another may be
    at work in its place.
    """
    lease = file_of_lease(path)
    handle = _claim(lease, waiting, watch or Watch())
    _own_leases[lease] = handle
    _look_when_woken()
    has_ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(lease, handle, has_ended), daemon=True)
    heart.start()
    try:
        yield
    finally:
        _end_if_lost(lease, handle)  # also after an error, which may have come of the loss
        del _own_leases[lease]
        has_ended.set()
        heart.join()
        if is_own(lease, handle):
            lease.unlink(missing_ok=True)
        os.close(handle)


def is_leased(path: Path) -> bool:
    """Whether a lease is held by somebody who gave a sign of life lately.

    Its age is told by the clock of the file system that holds it.
    """
    lease = file_of_lease(path)
    claim = read_claim(lease)
    if claim is None or claim.is_of_a_dead_process:
        return False
    try:
        changed = lease.stat().st_mtime
    except FileNotFoundError:
        return False
    return now_of_file_system(lease) - changed < seconds_of_a_lease()


def read_claim(lease: Path) -> Claim | None:
    """What a lease says; None where there is none, little where it is just being written."""
    try:
        words = lease.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return None
    if len(words) < 4:
        return Claim(0, "", 0, "")
    return Claim(int(words[0]), words[1], int(words[2]), words[3])


def is_own(lease: Path, handle: int) -> bool:
    """Whether a lease is still the file that this process has opened."""
    try:
        return os.path.samestat(lease.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _claim(lease: Path, waiting: Callable[[], None], watch: Watch) -> int:
    """Waits for a lease, and returns its open file."""
    while True:
        with suppress(FileExistsError):
            handle = os.open(lease, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
            _write_claim(handle)
            return handle
        claim = read_claim(lease)
        is_silent = watch.is_silent(claim)
        if claim is not None and (is_silent or claim.is_of_a_dead_process):
            own = _take_over(lease, claim)
            if own is not None:
                return own
        waiting()
        time.sleep(SECONDS_BETWEEN_TRIES)


def _take_over(lease: Path, dead: Claim) -> int | None:
    """Puts an own lease in the place of a dead one; None where another was faster.

    One process at a time may try: it looks again whether the lease is the dead one, and replaces
    it in one move, so that there is no moment without a lease.
    """
    turn = lease.with_name(f"{lease.name}.turn")
    try:
        os.close(os.open(turn, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        _remove_old(turn)
        return None
    try:
        if read_claim(lease) != dead:
            return None
        own = lease.with_name(f"{lease.name}.{uuid.uuid4().hex}")
        handle = os.open(own, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        _write_claim(handle)
        os.replace(own, lease)
        return handle
    finally:
        turn.unlink(missing_ok=True)


def _remove_old(turn: Path) -> None:
    """Takes away the mark of somebody who died while taking over a lease."""
    with suppress(FileNotFoundError):
        if now_of_file_system(turn) - turn.stat().st_mtime > seconds_of_a_lease():
            turn.unlink()


def _write_claim(handle: int) -> None:
    """Writes who holds a lease into its new file."""
    host = platform.node() or "localhost"
    words = ("0" * COUNTER, host, str(os.getpid()), uuid.uuid4().hex)
    text = " ".join(words) + "\n"
    os.pwrite(handle, text.encode(), 0)
    os.fsync(handle)


def _beat(lease: Path, handle: int, has_ended: threading.Event) -> None:
    """Counts in a lease for as long as it is held.

    The count goes to the file that was opened, so that it never spoils the lease of another.
    """
    count = 0
    while not has_ended.wait(seconds_of_a_lease() / 6):
        _end_if_lost(lease, handle)
        count += 1
        with suppress(OSError):  # a file system that hangs or is full may be back for the next beat
            os.pwrite(handle, f"{count:0{COUNTER}d}".encode(), 0)
            os.fsync(handle)


def _look_when_woken() -> None:
    """Has a process that is woken by SIGCONT look at its leases before it does anything more.

    Signals reach the main thread alone; elsewhere the next beat finds out.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGCONT) is signal.SIG_DFL:
        signal.signal(signal.SIGCONT, _end_if_any_lost)


def _end_if_any_lost(number: int, frame: object) -> None:
    for lease, handle in list(_own_leases.items()):
        _end_if_lost(lease, handle)


def _end_if_lost(lease: Path, handle: int) -> None:
    """Ends this process where another has taken over its lease."""
    if is_own(lease, handle):
        return
    sys.stderr.write(
        f"{lease}: this process stood still for longer than its lease; another has taken over\n"
    )
    sys.stderr.flush()
    os._exit(LOST)


def now_of_file_system(path: Path) -> float:
    """The time by the clock that stamps the files beside this one."""
    probe = path.with_name(f".now.{os.getpid()}.{threading.get_ident()}")
    try:
        with open(probe, "w", encoding="utf-8"):
            return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)
