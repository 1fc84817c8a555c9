"""In which line of a component a worker was seen last: for one that dies without a word."""

import faulthandler
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from harness.spec.outside import component_folders
from harness.spec.signatures import PACKAGE

SECONDS_BETWEEN_LOOKS = 0.5
COMPONENTS = PACKAGE / "components"


def log_of(folder: Path, key: str) -> Path:
    """The log of a job's worker, in a home."""
    return folder / ".harness" / "logs" / f"{key}.log"


def where_of(folder: Path, key: str) -> Path:
    """The file that says where the worker of a job was seen last."""
    return log_of(folder, key).with_suffix(".where")


def line_in_outside_component(error: BaseException) -> str:
    """The innermost line of a component outside the package that an error came through; else
    nothing.
    """
    innermost = ""
    for frame, number in _frames_of(error.__traceback__):
        line = _line(frame, number)
        if line and not _is_shipped(line):
            innermost = line
    return innermost


def line_outside(frame: FrameType | None) -> str:
    """The innermost line of a component outside the package on a stack; else nothing."""
    for line in _lines_on(frame):
        if not _is_shipped(line):
            return line
    return ""


@contextmanager
def watching(path: Path, log: IO[str]) -> Iterator[None]:
    """While it is open, a file says in which line of a component the main thread was seen last.

    A crash of the interpreter writes its stack into the log.
    """
    with suppress(OSError, ValueError):
        faulthandler.enable(log, all_threads=False)
    has_ended = threading.Event()
    watched = threading.get_ident()
    arguments = (path, watched, has_ended)
    threading.Thread(target=_write_lines, args=arguments, daemon=True).start()
    try:
        yield
    finally:
        has_ended.set()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def last_line_of(folder: Path, key: str) -> str:
    """The line of a component in which a worker died, by its crash or by where it was seen last."""
    path = where_of(folder, key)
    with suppress(OSError):
        text = log_of(folder, key).read_text(encoding="utf-8", errors="replace")
        _, crash, stack = text.rpartition("Fatal Python error")
        for row in stack.splitlines() if crash else ():
            line = _line_of_stack(row)
            if line:
                return line
    with suppress(OSError):
        line = path.read_text(encoding="utf-8")
        path.unlink(missing_ok=True)
        return line
    return ""


def _write_lines(path: Path, watched: int, has_ended: threading.Event) -> None:
    """Looks at the main thread again and again, and writes where it is."""
    latest = ""
    while not has_ended.wait(SECONDS_BETWEEN_LOOKS):
        line = _innermost(sys._current_frames().get(watched))
        if line and line != latest:
            latest = line
            with suppress(OSError):
                path.write_text(line, encoding="utf-8")
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _innermost(frame: FrameType | None) -> str:
    """The innermost line of a component on a stack; else nothing."""
    return next(_lines_on(frame), "")


def _lines_on(frame: FrameType | None) -> Iterator[str]:
    """The lines of components on a stack, the innermost first."""
    while frame is not None:
        line = _line(frame, frame.f_lineno)
        if line:
            yield line
        frame = frame.f_back


def _frames_of(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _line(frame: FrameType, number: int) -> str:
    """A file and line, where the file holds components; else nothing."""
    file = frame.f_code.co_filename
    return f"{file}:{number}" if _holds_components(file) else ""


def _line_of_stack(row: str) -> str:
    """The line that faulthandler names: `File "lab/leaky.py", line 12 in leak`."""
    start, _, rest = row.strip().partition('", line ')
    file = start.removeprefix('File "')
    number = rest.split(" ")[0]
    return f"{file}:{number}" if rest and _holds_components(file) else ""


def _holds_components(file: str) -> bool:
    folders = [str(COMPONENTS), *component_folders()]
    return any(file.startswith(folder) for folder in folders)


def _is_shipped(line: str) -> bool:
    return line.startswith(str(COMPONENTS))
