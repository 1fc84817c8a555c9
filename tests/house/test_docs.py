"""Every block of code in README and docs is run or parsed, so that a reader can copy it; every
link leads somewhere.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from harness.cli.main import app
from harness.store import Home
from harness.study.load import load_study

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
LONGEST_README = 120


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: str
    line: int
    kind: str  # python, yaml, yaml fragment, sh, toml, text
    code: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Every fenced block of README, CONTRIBUTING and docs."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text[: match.start()].count("\n") + 1
            yield Block(page.relative_to(ROOT).as_posix(), line, match[1].strip(), match[2])


def blocks_of(*kinds: str) -> list[Block]:
    return [block for block in blocks() if block.kind in kinds]


def test_every_block_says_what_it_is() -> None:
    kinds = {"python", "yaml", "yaml fragment", "sh", "toml", "text"}
    unknown = [block.name for block in blocks() if block.kind not in kinds]
    assert unknown == []


@pytest.mark.parametrize("block", blocks_of("python"), ids=lambda block: block.name)
def test_python_runs(block: Block) -> None:
    exec(compile(block.code, block.name, "exec"), {"__name__": "a_page_of_the_docs"})


def test_the_method_of_ones_own_is_the_example_that_is_run() -> None:
    """Which tests/day/test_examples.py trains, as importing a method would not."""
    example = (ROOT / "examples" / "lab" / "my_method.py").read_text(encoding="utf-8")
    code = example[example.index("from collections") :]
    on_page = [block for block in blocks_of("python") if block.page == "docs/my-method.md"]
    assert [block.code.endswith(code) for block in on_page] == [True]


@pytest.mark.parametrize("block", blocks_of("yaml"), ids=lambda block: block.name)
def test_a_whole_study_is_one(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(block.code, encoding="utf-8")
    study = load_study(file)
    assert study.cells or study.search is not None


@pytest.mark.parametrize("block", blocks_of("yaml fragment"), ids=lambda block: block.name)
def test_a_fragment_is_yaml(block: Block) -> None:
    assert yaml.safe_load(block.code) is not None


@pytest.mark.parametrize("block", blocks_of("toml"), ids=lambda block: block.name)
def test_toml_parses(block: Block) -> None:
    assert tomllib.loads(block.code)


def commands() -> set[str]:
    """The commands of `harness`, and the groups of commands."""
    names = {
        command.name or (command.callback and command.callback.__name__)
        for command in app.registered_commands
    }
    names |= {group.name for group in app.registered_groups}
    return {str(name) for name in names}


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^(\w+):", text, re.MULTILINE))


@pytest.mark.parametrize("block", blocks_of("sh"), ids=lambda block: block.name)
def test_a_command_exists(block: Block) -> None:
    for verb in re.findall(r"^harness (\w+)", block.code, re.MULTILINE):
        assert verb in commands(), f"no command `harness {verb}`"
    for target in re.findall(r"^make (\w+)", block.code, re.MULTILINE):
        assert target in make_targets(), f"no target `make {target}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http", "#", "mailto:")):
            continue
        assert (page.parent / target.split("#")[0]).exists(), f"{page.name} links to {target}"


def test_the_readme_is_one_screen() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


def test_a_plan_is_shown_as_it_is_printed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = [block for block in blocks_of("text") if block.code.startswith("$ harness plan ")]
    command, *lines = example.code.splitlines()
    monkeypatch.chdir(ROOT)
    outcome = CliRunner().invoke(app, command.removeprefix("$ harness ").split())
    printed = [line.rstrip() for line in outcome.stdout.splitlines()]
    missing = [line for line in lines if line not in printed]
    assert [line.partition(":")[0] for line in missing] == ["disk"]  # each machine has its own
