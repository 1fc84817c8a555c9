"""Options of `harness run` from a file: beside the study, in the person's own folder, or named."""

import sys
from pathlib import Path

import pytest
import typer

from harness.cli.engines import Choice
from harness.store import Home
from tests.cli.test_cli import call


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a person's own settings, which is empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "harness"
    folder.mkdir(parents=True)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def choices(monkeypatch: pytest.MonkeyPatch) -> list[Choice]:
    """What the command line and the profiles came to; nothing is run."""
    asked_for: list[Choice] = []

    def note(choice: Choice) -> None:
        asked_for.append(choice)
        raise typer.Exit(0)

    monkeypatch.setattr("harness.cli.engines.Choice.require_sense", note)
    return asked_for


def test_options_come_from_the_file_beside_the_study_and_the_command_line_goes_before(
    home: Home, tiny: Path, settings: Path, choices: list[Choice]
) -> None:
    path = write(tiny.parent / "harness.yaml", "slots: 3\non: inline\ngpu-fraction: 0.5\n")
    write(settings / "harness.yaml", "slots: 7\n")
    _, _, err = call("run", str(tiny))
    assert f"options from {path}" in err
    call("run", "--slots", "2", str(tiny))
    first, second = choices
    assert (first.slots, first.on, first.gpu_fraction) == (3, "inline", 0.5)
    assert (second.slots, second.on, second.gpu_fraction) == (2, "inline", 0.5)


@pytest.mark.parametrize("owner", ["study", "person"])
def test_a_profile_is_named_and_stands_in_place_of_the_usual_one(
    home: Home, tiny: Path, settings: Path, choices: list[Choice], owner: str
) -> None:
    folder = tiny.parent if owner == "study" else settings
    write(tiny.parent / "harness.yaml", "slots: 3\n")
    write(folder / "profiles" / "cluster.yaml", "on: ray\naddress: auto\n")
    for words in (("--profile", "cluster", str(tiny)), (str(tiny), "--profile", "cluster")):
        call("run", *words)
    for choice in choices:
        assert (choice.slots, choice.on, choice.address) == (None, "ray", "auto")
    assert len(choices) == 2


def test_every_mistake_in_a_profile_is_a_line_with_its_place(
    home: Home, tiny: Path, settings: Path
) -> None:
    text = "on: rey\nslots: 0\ngpu-fraktion: 1\nfail-fast: maybe\nprofile: another\n"
    path = write(settings / "profiles" / "cluster.yaml", text)
    code, out, err = call("run", str(tiny), "--profile", "cluster")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(f"{path}:1:5: on: 'rey' is not one of ")
    assert lines[1].startswith(f"{path}:2:8: slots: ")
    assert lines[2].startswith(f"{path}:3:1: gpu-fraktion: no option of `harness run`; did you")
    assert lines[3].startswith(f"{path}:4:12: fail-fast: ")
    assert lines[4].startswith(f"{path}:5:1: profile: no option of `harness run`")
    assert not home.hidden.exists()


def test_a_profile_that_is_nowhere_is_refused_with_where_it_could_be(
    home: Home, tiny: Path, settings: Path
) -> None:
    code, _, err = call("run", str(tiny), "--profile", "cluster")
    assert code == 2
    assert str(tiny.parent / "profiles" / "cluster.yaml") in err
    assert str(settings / "profiles" / "cluster.yaml") in err


def test_options_that_belong_to_another_engine_are_refused(
    home: Home, tiny: Path, settings: Path
) -> None:
    _, _, err = call("run", str(tiny), "--address", "auto")
    assert err == "--address belongs to --on ray; this is --on processes\n"
    _, _, err = call("run", str(tiny), "--on", "ray", "--slots", "2")
    assert err.startswith("--slots: Ray knows its machines")
    assert not home.hidden.exists()


def test_ray_is_named_with_how_to_get_it_where_it_is_not_installed(
    home: Home, tiny: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = call("run", str(tiny), "--on", "ray")
    assert code == 2
    assert err == '--on ray: Ray is not installed here; pip install "harness[ray]"\n'
