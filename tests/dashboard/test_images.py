"""The page Images: figures side by side, cut into panels, and errors laid over each other."""

import numpy as np

from dashboard.draw.pictures import INVENTED, MISSED, Picture, overlay, panels
from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page, without_failure


def test_two_runs_stand_side_by_side(at_home: Home) -> None:
    app = open_page("5_images", study="tiny")
    app.segmented_control(key="runs").set_value("two side by side")
    assert "Where they differ" in text_of_page(without_failure(app.run()))
    left = app.selectbox(key="run")
    right = app.selectbox(key="other")
    assert left.value != right.value


def grey_picture(value: int, width: int) -> Picture:
    return np.full((6, width, 3), value, np.uint8)


def test_panels_are_cut_apart() -> None:
    greys = [grey_picture(40 * i, width=5) for i in range(4)]
    gap = grey_picture(255, width=4)
    first, second, third, fourth = greys
    pieces = [
        first,
        gap,
        second,
        gap,
        third,
        gap,
        fourth,
    ]
    strip = np.concatenate(pieces, axis=1)
    cut = panels("prediction-x", strip)
    assert list(cut) == ["input", "truth", "prediction", "error"]
    for panel, grey in zip(cut.values(), greys, strict=True):
        assert np.array_equal(panel, grey)
    assert list(panels("saliency-x", strip)) == ["saliency-x"]


def test_errors_are_laid_over_each_other() -> None:
    black = np.zeros((1, 3, 3), np.uint8)
    first = black.copy()
    first[0, :2] = MISSED
    second = black.copy()
    second[0, 1:] = INVENTED
    pixels = overlay(black, first, second)
    orange, pink, blue = pixels[0].tolist()
    assert orange == [230, 159, 0]
    assert pink == [204, 121, 167]
    assert blue == [86, 180, 233]
