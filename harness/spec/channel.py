"""What a worker writes while it works, and how it is asked to stop: files alone.

So whoever looks on needs neither a pipe nor the same machine, but the folder.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

EPOCHS = "epochs.jsonl"  # in the unfinished folder of a fit: a line for each epoch
STOP = "stop"  # in the unfinished folder of a fit: whoever makes this file asks it to stop

Row = Mapping[str, Any]


class Stopped(Exception):
    """Work that was asked to stop, and has: it can be taken up again where it was left."""


def append_line(path: Path, value: Row) -> None:
    """Adds a value to a file of lines; it is there for others at once, and may be lost in a crash
    of the machine.
    """
    with open(path, "a", encoding="utf-8") as handle:
        handle.write(_line(value))


def read_lines(path: Path, start: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The values of a file of lines from a byte on, and the byte to go on from.

    A last line without its end is still being written, and left for the next time. A line that was
    cut short by a crash is passed over. A missing file has no lines.
    """
    try:
        with open(path, "rb") as handle:
            handle.seek(start)
            content = handle.read()
    except FileNotFoundError:
        return [], start
    end = content.rfind(b"\n") + 1
    values = []
    for line in content[:end].splitlines():
        try:
            values.append(json.loads(line))
        except ValueError:
            continue
    return values, start + end


def end_torn_line(path: Path) -> None:
    """Ends the last line of a file whose writer was killed, so that the next line is a new one."""
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with open(path, "ab") as handle:
            handle.write(b"\n")


def restore_epochs(folder: Path, history: Sequence[Row]) -> None:
    """Lets the epochs of an unfinished fit be those that it resumes from, each once."""
    path = folder / EPOCHS
    expected = "".join(_line(row) for row in history)
    if path.exists() and path.read_text(encoding="utf-8") == expected:
        return
    path.write_text(expected, encoding="utf-8")  # a kill in here is mended by the next start


def stop_if_asked(folder: Path) -> None:
    """Ends a fit that was asked to stop; its next start goes on and is not stopped by this."""
    path = folder / STOP
    if path.exists():
        path.unlink(missing_ok=True)
        raise Stopped("asked to stop; the next run goes on from its last epoch")


def _line(value: Row) -> str:
    return json.dumps(value) + "\n"
