"""What every named data set says about itself, what is downloaded for it, and its check."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.check import check
from harness.data.fetch.sources import declared_sources, sources
from harness.data.refused import Refused
from harness.spec.catalogue import catalogue
from tests.components.datasets.named.files import noise, open_split, write_tif

EM = ("snemi3d", "lucchi", "lucchi_pp", "kasthuri_pp", "vnc", "mitoem_h", "mitoem_r")
NUCLEI = ("bbbc039", "dsb2018", "hoechst", "helacytonuc")
ARCHIVE = ("sbiad895", "sbiad634", "sbiad1026", "sbiad1196", "sbiad1410")
CELLS = ("flywing", "ovules", "pnas")
MRI = ("fets2021", "iseg2019", "mnms")
PUBLISHED = (*EM, *NUCLEI, *ARCHIVE, *CELLS, *MRI, "gf_pa66", "ms_cct")
OWN = ("volume", "folder")


@pytest.mark.parametrize("name", sorted((*PUBLISHED, *OWN)))
def test_every_data_set_says_what_it_is(name: str) -> None:
    component = catalogue("dataset")[name]
    assert component.sentence
    assert component.facts.licence
    assert component.facts.splits


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_data_set_that_is_missing_says_what_to_do(name: str, tmp_path: Path) -> None:
    facts = catalogue("dataset")[name].facts
    assert facts.citation
    assert facts.url
    assert facts.tasks
    advice = rf"{name} is not here; (run `harness data fetch {name}`|register at )"
    with pytest.raises(Refused, match=advice):
        open_split(name, "train", tmp_path)
    if facts.access:
        access = r"cannot be downloaded; register at .* put .* into HARNESS_DATA/"
        with pytest.raises(Refused, match=access):
            sources(name)
        return
    for source in sources(name):
        assert source.url.startswith("http")
        assert source.to
        assert source.sha256 is None or len(source.sha256) == 64


def test_sources_belong_to_data_sets() -> None:
    assert set(declared_sources()) - {*PUBLISHED, *OWN} == {"bbbc041"}
    assert len(sources("sbiad1410")) == 30
    assert len(sources("sbiad1196")) == 24
    assert sources("sbiad1196")[1].to == "gt/patchvolume_000.nii.gz"
    with pytest.raises(Refused, match=r"did you mean 'lucchi'"):
        sources("luchi")


def test_check_reports_what_is_wrong(tmp_path: Path) -> None:
    report = check("dsb2018", tmp_path)
    assert not report.is_usable
    assert len(report.problems) == 1
    assert "is not here" in report.problems[0]
    for part in ("train", "test"):
        folder = tmp_path / "dsb2018" / part
        write_tif(folder / "images/a.tif", noise(20, 30))
        write_tif(folder / "masks/a.tif", np.zeros((20, 30), np.uint16))
    report = check("dsb2018", tmp_path)
    assert report.splits == {"train": 1, "test": 1}
    assert not report.is_usable
    assert "every mask is empty" in report.problems[0]
    with pytest.raises(Refused, match=r"did you mean 'dsb2018'"):
        check("dsb2108", tmp_path)
