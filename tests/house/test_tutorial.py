"""The commands of docs/tutorial.md, run in their order on a small stack, with a short training."""

import re
import runpy
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.run import pilot as pilots
from harness.run.engines import inline
from harness.store import Home
from tests.cli.calls import call
from tests.made.studies import edit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
STUDY = "my_study.yaml"
OF_STUDY = ("plan", "run", "compare", "report")
SHORT = {  # what a reader waits minutes for
    "seeds: 6": "seeds: 2",
    "epochs: 10": "epochs: 1",
    "epochs: 5": "epochs: 1",
    "steps: 20  #": "steps: 2  #",
    "steps: 20\n": "steps: 2\n",
    "{arch: tiny_unet}": "{arch: tiny_unet, width: 2}",
    "slices: 8, size: 96": "slices: 4, size: 48",
}


def commands() -> Iterator[list[str]]:
    """The commands of the page, each as its words."""
    text = PAGE.read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            yield shlex.split(line)


def test_the_tutorial_can_be_followed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_this_process(folder: Path, slots: Sequence[Any], *rest: Any, **options: Any) -> Any:
        return inline(folder, "cpu")

    monkeypatch.setattr(pilots, "processes", in_this_process)
    outputs: dict[str, str] = {}
    for program, *words in commands():
        if program == "python":
            example = runpy.run_path(str(ROOT / words[0]))
            example["write_stack"](home.folder, 24, 48)
            continue
        outputs[" ".join(words)] = follow(home, words)
    assert "time:   about" in outputs[f"plan {STUDY}"]  # the pilot's, of the second time
    assert "4 fits trained" not in outputs[f"run {STUDY}"]
    assert "6 fits trained; trials: 4 finished; 4 recorded" in outputs[f"run {STUDY}"]
    assert (home.folder / "sheet.png").exists()
    assert (home.folder / "reports" / "my_study" / "report.html").exists()
    text = PAGE.read_text(encoding="utf-8")
    init_output = outputs[f"init {STUDY} --images raw --masks masks"].replace(
        "48 x 48", "128 x 128"
    )
    for line in init_output.splitlines():
        if not line.startswith("look:"):
            assert line in text


def follow(home: Home, words: list[str]) -> str:
    """Does what a command of the page says; returns what it printed."""
    command, study = words[0], words[1]
    if command == "runs":
        words = [command, "my_study", *words[2:]]
    if command == "run" and "--pilot" not in words:
        words = [*words, "--on", "inline", "--anyway"]  # two seeds show nothing
    code, out, err = call(*words)
    assert code == 0, f"{' '.join(words)}: {err}"
    if command == "init":
        for old, new in SHORT.items():
            edit(home.folder / study, old, new)
    return out
