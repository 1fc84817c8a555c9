"""What runs in a process of its own: it takes jobs from a pipe, does them, and answers."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.jobs import Job, Work, one_line
from harness.run.last_seen import log_of, watching, where_of
from harness.run.slots import Slot

PR_SET_PDEATHSIG = 1  # of prctl: the signal that comes when the parent has ended


def serve(pipe: Connection, slot: Slot, folder: Path, work: Work) -> None:
    """Does jobs in a process of its own: one, or at a slot that lasts as many as it is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _be_killed_with_parent()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    os.environ["CUDA_VISIBLE_DEVICES"] = slot.visible or ""
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):  # nobody has anything more to do
            os._exit(0)
        _do(job, pipe, slot, folder, work)
        if not slot.lasts:
            pipe.close()
            os._exit(0)  # what a component has left running, as a thread, keeps nobody waiting


def _do(job: Job, pipe: Connection, slot: Slot, folder: Path, work: Work) -> None:
    """Does one job: its words go to a log, its answer through the pipe."""
    log = log_of(folder, job.key)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8", buffering=1) as handle:
        os.dup2(handle.fileno(), 1)
        os.dup2(handle.fileno(), 2)
        try:
            with watching(where_of(folder, job.key), handle):
                result = work(job.kind, job.value, str(folder), slot.device, slot.threads)
            answer: dict[str, Any] = {"result": result}
        except (Exception, SystemExit) as error:  # noqa: BLE001  it goes to the parent as text
            trace = traceback.format_exc()
            answer = {"error": one_line(error), "trace": trace}
            with suppress(OSError):  # on a full disk there is no room for the log
                handle.write(trace)
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        pipe.send(answer)


def _be_killed_with_parent() -> None:
    """Asks the kernel to kill this process when the one that it was forked from has ended.

    A component that never lets another thread run would outlive a study that is killed.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library without it
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_with_parent() -> None:
    """Ends the worker of a study that is killed: nobody waits for it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
