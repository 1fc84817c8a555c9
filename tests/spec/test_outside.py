"""Components outside the package: which folders are read, and what refuses a component."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from harness.spec import outside
from harness.spec.catalogue import (
    catalogue,
    load_component,
    refused_components,
    why_unknown,
)
from harness.spec.enclosing import Enclosing
from harness.spec.outside import (
    VARIABLE,
    component_folders,
    forget_components,
    use_components,
)
from harness.spec.parse import read_part
from tests.made.outside import HALVED, write_component


def complaints_of(kind: str, raw: object) -> list[str]:
    complaints: list = []
    read_part(kind, raw, (), complaints, Enclosing())
    return [text for _, text in complaints]


def test_a_new_component_is_one_file(lab: Path) -> None:
    write_component(lab, "halved.py", HALVED)
    assert catalogue("init")["halved"].options["share"].default == 0.5
    assert load_component("init", "halved")(None, share=0.2) == 0.2
    assert complaints_of("init", {"name": "halved", "share": 2}) == [
        "2: should be less than or equal to 1"
    ]


def test_files_of_folders_within_it_are_read_and_hidden_ones_are_not(lab: Path) -> None:
    for folder in ("starts", ".git", "__pycache__"):
        (lab / folder).mkdir()
    write_component(lab / "starts", "a.py", HALVED)
    write_component(lab / ".git", "b.py", HALVED.replace("halved", "hidden"))
    write_component(lab / "__pycache__", "c.py", HALVED.replace("halved", "compiled"))
    names = catalogue("init")
    assert "halved" in names
    assert not {"hidden", "compiled"} & set(names)


def test_one_file_may_hold_components_of_several_kinds(lab: Path) -> None:
    text = """
from harness.components.inits import init
from harness.components.losses import loss as ours


@init
def halved(net) -> None:
    "Half."


@ours
def squared(logits, masks, ignore) -> float:
    "Squares."
    return 1.0
"""
    write_component(lab, "several.py", text)
    assert catalogue("init")["halved"].module == catalogue("loss")["squared"].module
    assert load_component("loss", "squared")(None, None, None) == 1.0


def test_a_decorator_of_another_library_makes_no_component(lab: Path) -> None:
    text = (
        "import harness.components\nfrom elsewhere import init\n\n\n@init\ndef halved(net): ...\n"
    )
    write_component(lab, "a.py", text)
    assert "halved" not in catalogue("init")


def test_the_folders_of_a_study_are_used_by_every_process(lab: Path, tmp_path: Path) -> None:
    study_folder = tmp_path / "of a study"
    study_folder.mkdir()
    (study_folder / "halved.py").write_text(HALVED)
    assert "halved" not in catalogue("init")
    use_components([study_folder])
    assert "halved" in catalogue("init")
    assert component_folders() == [str(lab), str(study_folder)]
    use_components([study_folder])
    assert component_folders() == [str(lab), str(study_folder)]


def test_an_installed_package_declares_an_entry_point(
    lab: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = tmp_path / "installed" / "my_lab" / "components"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise RuntimeError('nobody imports this')\n")
    (package / "__init__.py").write_text("")
    (package / "halved.py").write_text(HALVED)
    entries = EntryPoints(
        [
            EntryPoint("lab", "my_lab.components", outside.GROUP),
            EntryPoint("gone", "no_such_module", outside.GROUP),
        ]
    )
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    forget_components()
    component = catalogue("init")["halved"]
    assert component.module == "my_lab.components.halved"
    (package.parent / "__init__.py").write_text("")
    assert load_component("init", "halved")(None, share=0.1) == 0.1
    assert "the entry point gone names no_such_module, which is not there" in str(
        why_unknown("init", "missing")
    )
    for name in [name for name in sys.modules if name.startswith("my_lab")]:
        del sys.modules[name]


def test_a_folder_that_is_not_there_is_told_with_an_unknown_name(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(lab / "gone"))
    forget_components()
    (text,) = complaints_of("init", "halved")
    assert text.endswith(f"there is no folder {lab / 'gone'} (HARNESS_COMPONENTS)")


def test_a_shipped_name_is_refused_with_both_places(lab: Path) -> None:
    file = write_component(lab, "mine.py", HALVED.replace("def halved", "def imagenet"))
    (text,) = complaints_of("init", "imagenet")
    shipped = catalogue("init")["imagenet"].defined_at
    assert text == (
        f"{file}:8: the init imagenet has the name of one of harness's own, {shipped}; rename yours"
    )
    assert "components/inits/imagenet.py:" in shipped
    assert complaints_of("init", "photos") == []


def test_two_components_of_one_name_are_refused(lab: Path) -> None:
    first = write_component(lab, "a.py", HALVED)
    second = write_component(lab, "b.py", HALVED)
    sentence = (
        f"{second}:8: the init halved has the name of another of yours, {first}:8; rename yours"
    )
    assert refused_components("init") == {"halved": sentence}
    assert complaints_of("init", "halved") == [sentence]


def test_a_bad_signature_refuses_its_own_component_alone(lab: Path) -> None:
    bad = "\n\n@init\ndef untyped(net, *, share=0.5) -> None:\n    pass\n"
    file = write_component(lab, "a.py", HALVED + bad)
    assert "untyped" not in catalogue("init")
    assert complaints_of("init", "halved") == []
    assert complaints_of("init", "untyped") == [
        f"{file}:14: init untyped: the option share has no type; the signature is the schema"
    ]
    with pytest.raises(LookupError, match="has no type"):
        load_component("init", "untyped")


UNREADABLE = [
    ("Fraction = 0.5", "Ratio = 0.5", "Ratio is no word of harness.spec.options"),
    ("Fraction = 0.5", "Fraction = HALF", "default of share should be a literal, not HALF"),
    ("@init", "@init(version=NOW)", "the fact version should be a literal, not NOW"),
    ("@init", "@init(speed=2)", "no fact is called 'speed'"),
]


@pytest.mark.parametrize(("before", "after", "reason"), UNREADABLE)
def test_what_cannot_be_read_from_the_source_is_refused(
    lab: Path,
    before: str,
    after: str,
    reason: str,
) -> None:
    file = write_component(lab, "a.py", HALVED.replace(before, after))
    (text,) = complaints_of("init", "halved")
    assert text.startswith(f"{file}:8: init halved: ")
    assert reason in text


def test_a_file_with_a_syntax_error_is_told_with_an_unknown_name(lab: Path) -> None:
    file = write_component(lab, "a.py", HALVED.replace("def halved(", "def halved"))
    write_component(lab, "b.py", HALVED.replace("def halved", "def thirds"))
    assert complaints_of("init", "thirds") == []
    (text,) = complaints_of("init", "halved")
    assert text.startswith("no init named 'halved'; ")
    assert f"{file} could not be read: line 8: " in text
