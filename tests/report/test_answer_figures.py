"""The figure of the answer shows the arms on the same images, chosen by rule."""

import base64
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image

from harness.components.probes.attribution_arrays import saliency_arrays
from harness.judge.answer import judge
from harness.record.tracker import Tracker, uri
from harness.report.answer_figures import AnswerFigure, answer_figures, pixel_size
from harness.report.arms_of_images import arms_with_trials, chosen_cases
from harness.report.drawn_files import drawn_files
from harness.report.image_grid import round_length
from harness.report.kept_pictures import GAP
from harness.report.saliency_figure import by_rank
from harness.store import Home
from tests.made.synthetic import recorded_runs, results, study_in

TEXT = """
seeds: 3
grid:
  fit.batch: [2, 4]
compare:
  - {name: size, metric: METRIC, by: fit.batch, unit: seed}
"""
SIDE = 20


def figures_of(home: Home, metric: str, *, keeps: bool = True) -> list[AnswerFigure]:
    """The figures of a study whose trials kept a picture and maps of two of their images."""
    probes = "" if metric == "dice" else "  probes: [segmentation, attribution]\n"
    study = study_in(home.folder, f"{probes}{TEXT.replace('METRIC', metric)}")
    runs, rows = results(study, lambda trial, rng: 0.5 + trial.fit.seed / 10)
    rows["value"] += 0.01 * rows["image"].str[-1].astype(int)
    rows = rows.replace({"metric": {"dice": metric}})
    recorded = recorded_runs(study, runs)
    for run in recorded:
        with home.store("trials").making(run.key) as folder:
            assert folder is not None
            of_run = rows[rows["run"] == run.id].drop(columns="run")
            of_run.to_parquet(folder / "rows.parquet", index=False)
            if keeps:
                keep_pictures(folder)
    tracker = Tracker(uri(home), home)
    return answer_figures(study, judge(study, runs, rows), recorded, tracker)


def keep_pictures(folder: Path) -> None:
    """Writes what the probes keep of the images 1 and 3, each of its own grey."""
    (folder / "figures").mkdir()
    maps = {}
    for image in (1, 3):
        picture = np.full((SIDE, 4 * SIDE + 3 * GAP, 3), 60 * image, np.uint8)
        for start in range(SIDE, picture.shape[1], SIDE + GAP):
            picture[:, start : start + GAP] = 255  # as the probe draws it
        Image.fromarray(picture).save(folder / "figures" / f"prediction-image_{image}.png")
        stack = np.full((3, SIDE, SIDE), float(image))
        maps[f"image {image}"] = (
            stack,
            {"gradient": np.arange(3.0 * SIDE**2).reshape(stack.shape)},
        )
    arrays = saliency_arrays(maps, {"gradient": np.ones((3, SIDE, SIDE))}).arrays
    np.savez_compressed(folder / "saliency.npz", allow_pickle=False, **arrays)


def test_the_arms_stand_side_by_side_on_the_median_and_the_worst_case(home: Home) -> None:
    (figure,) = figures_of(home, "dice")
    assert figure.svg.count("<image") == 12
    assert "nearest to the median of those kept, rank 1 of 4: image 3" in figure.svg
    assert "worst case, rank 3 of 4: image 1" in figure.svg
    for name in ("batch 2", "batch 4"):
        assert f">{name}</text>" in figure.svg
    assert "networks of seed 1, whose mean over the arms is the median" in figure.caption
    assert "chosen among the 2 of 4 images" in figure.caption
    assert "`figures: 4` at the probe keeps all" in figure.caption
    address = re.findall(r'href="data:image/png;base64,([^"]+)"', figure.svg)[0]
    with Image.open(io.BytesIO(base64.b64decode(address))) as picture:
        assert picture.convert("L").getextrema() == (180, 180)
    with Image.open(io.BytesIO(drawn_files(figure.svg)["png"])) as drawn:
        assert abs(drawn.width / 300 * 25.4 - 175) < 0.2


def test_the_saliency_of_two_starts_stands_side_by_side(home: Home) -> None:
    (figure,) = figures_of(home, "swd")
    assert figure.svg.count("<image") == 3 + 2 * 6
    assert "middle slice" in figure.svg
    assert ">33%</text>" in figure.svg
    assert "saliency (gradient) of the same test image" in figure.caption


def test_where_no_picture_was_kept_there_is_no_figure(home: Home) -> None:
    assert figures_of(home, "dice", keeps=False) == []


def test_cases_are_chosen_by_their_rank_among_all() -> None:
    scores = [{"a": 0.9, "b": 0.5, "c": 0.7, "d": 0.1}, {"a": 0.8, "b": 0.6, "c": 0.7}]
    median, worst = chosen_cases(scores, ["a", "b", "c"], is_lower_better=False)
    assert (median.image, worst.image) == ("c", "b")
    assert worst.rule == "worst case, rank 3 of 3"
    _, worst = chosen_cases(scores, ["a", "c"], is_lower_better=True)
    assert worst.image == "a"
    assert chosen_cases(scores, ["d"], is_lower_better=True) == []


def test_trials_that_differ_in_more_than_their_arm_are_not_compared(home: Home) -> None:
    text = TEXT.replace("METRIC", "dice").replace(
        "fit.batch: [2, 4]", "test_on.style: [vnc, snemi]"
    )
    text = text.replace("by: fit.batch", "by: test_on.style")
    study = study_in(home.folder, f"  test_on: {{name: phantom}}\n{text}")
    runs, rows = results(study, lambda trial, rng: 0.5)
    verdicts = judge(study, runs, rows)
    assert arms_with_trials(study, verdicts.verdicts[0], recorded_runs(study, runs)) == []


def test_scale_bars_are_round_and_only_where_the_resolution_is_there() -> None:
    assert [round_length(most) for most in (0.7, 1, 37, 260)] == [0.5, 1, 20, 200]
    size = pixel_size("lucchi")
    assert size is not None
    assert (size.length, size.unit) == (5.0, "nm")
    assert pixel_size("phantom") is None


def test_saliency_is_ranked_over_all_slices_together() -> None:
    maps = np.arange(4.0).reshape(2, 1, 2)
    ranks = by_rank(maps)
    assert ranks.ravel().tolist() == [0, 1 / 3, 2 / 3, 1]
    assert not by_rank(np.ones((3, 2, 2))).any()
