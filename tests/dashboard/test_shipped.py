"""The pages on the shapes of the shipped studies: their files are read and planned as they are."""

from collections.abc import Iterator

import pytest

from harness.store import Home
from tests.dashboard.pages import PAGES, open_page, text_of_page, without_failure
from tests.dashboard.shipped import PHANTOM_STUDIES, WHOLE_SHIFTS, fill_shipped_study


@pytest.fixture(scope="module")
def shipped_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that holds a study whose axis is a list of whole perturbations."""
    home = Home(tmp_path_factory.mktemp("shipped"))
    fill_shipped_study(home, WHOLE_SHIFTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_HOME", str(home.folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield home


def test_shift_knows_an_axis_of_whole_perturbations(shipped_home: Home) -> None:
    app = open_page("4_shift", study=WHOLE_SHIFTS)
    for page in ("2_compare", "9_runs", "10_curves"):
        app.switch_page(f"pages/{page}.py")
        assert WHOLE_SHIFTS in text_of_page(without_failure(app.run()))
    app.switch_page("pages/4_shift.py")
    text = text_of_page(without_failure(app.run()))
    assert "measures no shift" not in text
    assert "cannot be asked" not in text
    for kind in ("brightness", "contrast", "saturation", "noise"):
        assert f"**{kind}**" in text
    lines = app.selectbox(key="line").options
    assert "removed skips" in lines
    assert not any("perturb" in line or line == "strength" for line in lines)
    crossed = app.selectbox(key="crossed").options
    assert any(option.endswith("× strength") for option in crossed)
    assert "removed skips × perturbation" in crossed
    assert "original" in app.selectbox(key="at-perturb").options


@pytest.mark.slow
@pytest.mark.parametrize("name", PHANTOM_STUDIES)
def test_every_page_draws_every_shipped_study(home: Home, name: str) -> None:
    fill_shipped_study(home, name)
    app = open_page(study=name)
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        problems = [error.value for error in app.error]
        assert not problems, page
        text = text_of_page(app)
        assert "cannot be asked" not in text, page
        assert "no answer in these runs" not in text, page
