"""Files that only help: whatever is in them, a study is planned and run."""

from pathlib import Path

import pytest

from harness.run.durations import FILE, note_duration, past_durations
from harness.run.progress import forget, running
from harness.store import Home
from tests.made.studies import plan_of

GARBAGE = [
    b"",
    b"[]",
    b"null",
    b"3",
    b"{}",
    b'{"like": "a"}',
    b'{"like": "a", "seconds": "long"}',
    b'{"like": "a", "seconds": NaN}',
    b'{"jobs": 3, "study": "tiny", "pid": 1}',
    b'{"jobs": {"a": 1}, "study": "tiny", "pid": 1, "path": "", "started": 0}',
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_in_a_side_file_stops_nothing(garbage: bytes, home: Home, tiny: Path) -> None:
    (home.hidden / "running").mkdir(parents=True)
    (home.hidden / FILE).write_bytes(garbage + b"\n")
    (home.hidden / "running" / "tiny.1.json").write_bytes(garbage)
    note_duration(home, "b", 2.0)
    assert past_durations(home) == {"b": [2.0]}
    assert running(home) == []
    forget(home, "tiny")
    assert len(plan_of(tiny, home).todo) == 4
