"""The page Shift: scores over strength, distances of each layer."""

from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page


def test_the_shift_page_draws_layers_and_strengths(at_home: Home) -> None:
    app = open_page("4_shift", study="shifts")
    assert app.selectbox(key="score").value == "iou"
    assert app.selectbox(key="distance").value == "hellinger"
    assert any(option.endswith("× strength") for option in app.selectbox(key="crossed").options)
    assert "brightness" in text_of_page(app)
