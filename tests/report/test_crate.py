"""A report as an RO-Crate: every file is there and said, and nobody unknown is named."""

import json
import zipfile
from pathlib import Path

import pytest

from harness.report.crate import METADATA, CrateContent, write_crate
from harness.report.evidence import NO_EVIDENCE
from tests.made.synthetic import study_in
from tests.report.judged import TEXT

FILES = {"report.html": b"<p>", "rows.csv": b"run\n", "study.resolved.yaml": b"name: a\n"}


def content_in(folder: Path) -> CrateContent:
    """A crate of three files."""
    return CrateContent(study_in(folder, TEXT), "It does.", NO_EVIDENCE, FILES)


def test_a_crate_says_what_each_of_its_files_is(tmp_path: Path) -> None:
    write_crate(tmp_path / "crate", content_in(tmp_path))
    written = json.loads((tmp_path / "crate" / METADATA).read_text())
    entities = {entity["@id"]: entity for entity in written["@graph"]}
    assert written["@context"] == "https://w3id.org/ro/crate/1.1/context"
    assert entities[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert entities[METADATA]["about"] == {"@id": "./"}
    parts = [part["@id"] for part in entities["./"]["hasPart"]]
    assert parts == list(FILES)
    assert entities["./"]["datePublished"]
    assert "author" not in entities["./"]
    for name, text in FILES.items():
        assert (tmp_path / "crate" / name).read_bytes() == text
        assert entities[name]["contentSize"] == str(len(text))
    assert entities["#software-harness"]["@type"] == "SoftwareApplication"
    for reference in (*entities["#study"]["result"], *entities["./"]["mentions"]):
        assert reference["@id"] in entities


def test_a_crate_in_one_file_has_the_same_files(tmp_path: Path) -> None:
    write_crate(tmp_path / "crate.zip", content_in(tmp_path))
    with zipfile.ZipFile(tmp_path / "crate.zip") as archive:
        assert sorted(archive.namelist()) == sorted([METADATA, *FILES])
        assert archive.read("rows.csv") == FILES["rows.csv"]


def test_a_file_is_no_folder_for_a_crate(tmp_path: Path) -> None:
    (tmp_path / "crate").write_text("mine")
    with pytest.raises(ValueError, match=r"is a file, and no folder; name a folder"):
        write_crate(tmp_path / "crate", content_in(tmp_path))
    assert (tmp_path / "crate").read_text() == "mine"
