"""The page Images: figures side by side, cut into panels, and errors laid over each other."""

import numpy as np

from dashboard.ask.cases import arms_alike, said_once
from dashboard.draw.case_pictures import case_picture
from dashboard.draw.pictures import INVENTED, MISSED, overlay, panels
from dashboard.read.records import runs_of
from harness.report.kept_pictures import Picture
from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page, without_failure


def test_two_runs_stand_side_by_side(at_home: Home) -> None:
    app = open_page("5_images", study="tiny")
    app.segmented_control(key="runs").set_value("two side by side")
    assert "Where they differ" in text_of_page(without_failure(app.run()))
    left = app.selectbox(key="run")
    right = app.selectbox(key="other")
    assert left.value != right.value


def test_the_same_cases_stand_in_every_arm(at_home: Home) -> None:
    app = open_page("5_images", study="tiny")
    app.segmented_control(key="runs").set_value("arms × cases")
    text = text_of_page(without_failure(app.run()))
    assert "**bce_dice**" in text
    assert "**ce**" in text
    study_runs = runs_of("tiny")
    finished = study_runs.runs
    alike = arms_alike(study_runs, finished, "fit.method.loss")
    assert len(alike) == finished["fit.seed"].nunique()
    by_id = finished.set_index("run")
    for arms in alike:
        assert list(arms.runs) == ["bce_dice", "ce"]
        assert by_id.loc[list(arms.runs.values()), "fit.seed"].nunique() == 1


def test_what_two_settings_of_an_arm_say_alike_is_said_once() -> None:
    alike, apart = ("draw 20", "draw 20"), ("draw 20", "draw 21")
    assert said_once([alike, apart]) == {alike: "draw 20", apart: "draw 20 · draw 21"}
    left, right = ("a", "a", "b"), ("a", "b", "b")
    assert said_once([left, right]) == {left: "a · a · b", right: "a · b · b"}
    assert said_once([()]) == {(): ""}


def test_overlays_are_laid_over_the_input() -> None:
    image = np.full((9, 9, 3), 100, np.uint8)
    truth = image.copy()
    truth[1:8, 1:8] = (60, 130, 100)
    prediction = image.copy()
    prediction[2, 2] = (60, 130, 100)
    error = (image * 0.6).astype(np.uint8)
    error[1, 1] = MISSED
    cut = {"input": image, "truth": truth, "prediction": prediction, "error": error}
    assert np.array_equal(case_picture(cut, []), image)
    assert np.array_equal(case_picture(cut, ["prediction"]), prediction)
    assert tuple(case_picture(cut, ["errors"])[1, 1]) == MISSED
    assert np.array_equal(case_picture(cut, ["errors"])[3, 3], image[3, 3])
    outlined = case_picture(cut, ["truth"])
    assert tuple(outlined[1, 1]) == (255, 255, 255)
    assert tuple(outlined[4, 4]) == (100, 100, 100)
    assert tuple(outlined[0, 1]) == (0, 0, 0)


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
