"""The figures that show the answer: the arms of the first comparisons on the same images, chosen by
rule: the median and the worst case.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.judge.answer import lower_metrics
from harness.judge.arms import levels_text
from harness.judge.averaged import averaged_paths
from harness.judge.sentences import number
from harness.judge.verdicts import Verdict, Verdicts
from harness.record.database import Run
from harness.record.tracker import Tracker
from harness.report.arm_colours import arm_colours
from harness.report.arms_of_images import (
    ArmTrial,
    Case,
    arms_with_trials,
    chosen_cases,
    comparison_title,
)
from harness.report.colours import BLUE, GREEN, VERMILION
from harness.report.image_grid import Head, Mark, Panel, PanelRow, PixelSize, image_grid
from harness.report.kept_pictures import (
    ImageScores,
    Picture,
    kept_files,
    name_of_prediction,
    panels_of_prediction,
    scores_of_images,
)
from harness.report.saliency_figure import saliency_figure
from harness.spec.catalogue import find_component
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.names import display_name, level_display_name

MOST_FIGURES = 2
SIDE_BY_SIDE = 3  # arms whose errors stand beside their predictions; of more the predictions alone
OF_PICTURES = ("dice", "iou", "foreground_iou")  # metrics that pictures of masks can show
RESOLUTION = re.compile(r"([\d.]+) x ([\d.]+) x ([\d.]+) ([a-zA-Zµ]+)")  # z, y, x


@dataclass(frozen=True)
class AnswerFigure:
    """A figure as SVG, and what is seen in it."""

    svg: str
    caption: str


def answer_figures(
    study: Study, verdicts: Verdicts, runs: Sequence[Run], tracker: Tracker
) -> list[AnswerFigure]:
    """The figures that show the answer; none where nothing that is recorded can show it."""
    figures: list[AnswerFigure] = []
    kinds = set()
    for verdict in verdicts.primary_first:
        trials = arms_with_trials(study, verdict, runs)
        if not trials or len(figures) == MOST_FIGURES:
            continue
        probe = _probe_of(trials[0], verdict)
        if probe in kinds:
            continue
        figure = None
        if probe == "attribution":
            drawn = saliency_figure(study, verdict, trials, tracker)
            if drawn is not None:
                figure = AnswerFigure(*drawn)
        elif probe:
            figure = _prediction_figure(study, verdict, trials, tracker)
        if figure is not None:
            figures.append(figure)
            kinds.add(probe)
    return figures


def _probe_of(trial: ArmTrial, verdict: Verdict) -> str:
    """The probe of a trial that measures what a comparison compares; empty where none does."""
    for probe in trial.cell.trial.probes:
        metrics = find_component("probe", probe.name).facts.metrics
        if set(verdict.comparison.metrics) & set(metrics):
            return probe.name
    return ""


def _prediction_figure(
    study: Study, verdict: Verdict, trials: Sequence[ArmTrial], tracker: Tracker
) -> AnswerFigure | None:
    """Input, truth and the predictions of each arm; None where too few pictures were kept."""
    metrics = (*verdict.comparison.metrics, *OF_PICTURES)
    scores = []
    for trial in trials:
        of_arm = scores_of_images(tracker, trial.run, metrics)
        if of_arm is None:
            return None
        scores.append(of_arm)
    if len({of_arm.metric for of_arm in scores}) > 1:
        return None
    pictured = _pictured_in_all(tracker, trials, scores[0])
    metric = scores[0].metric
    cases = chosen_cases(
        [of_arm.values for of_arm in scores],
        pictured,
        is_lower_better=metric in lower_metrics(study),
    )
    rows = []
    name = display_name(metric, study.names)
    for case in cases:
        row = _row_of_case(case, tracker, trials, scores, name)
        if row is not None:
            rows.append(row)
    if not rows:
        return None
    count = len(scores[0].values)
    caption = _caption(study, verdict, trials, len(pictured), count)
    heads = _heads(trials, arm_colours(study, verdict.comparison, verdict.arms))
    pixel = pixel_size(trials[0].cell.trial.test_on.name)
    title = f"{name} of {', '.join(trial.arm.name for trial in trials)} on the same images"
    return AnswerFigure(image_grid(heads, rows, _marks(trials), title, pixel), caption)


def _pictured_in_all(
    tracker: Tracker, trials: Sequence[ArmTrial], scores: ImageScores
) -> list[str]:
    """The images of which every arm kept its picture."""
    files = [kept_files(tracker, trial.run) for trial in trials]
    images = []
    for image in scores.values:
        name = name_of_prediction(image)
        if all(name in of_arm for of_arm in files):
            images.append(image)
    return images


def _row_of_case(
    case: Case,
    tracker: Tracker,
    trials: Sequence[ArmTrial],
    scores: Sequence[ImageScores],
    metric: str,
) -> PanelRow | None:
    """The pictures of a case; None where one of them cannot be read."""
    pictures = [panels_of_prediction(tracker, trial.run, case.image) for trial in trials]
    if not all(pictures):
        return None
    panels = [Panel(pictures[0]["input"]), Panel(pictures[0]["truth"])]
    for panels_of_arm, of_arm in zip(pictures, scores, strict=True):
        panels += _panels_of_arm(panels_of_arm, f"{metric} {number(of_arm.values[case.image])}")
        if len(trials) > SIDE_BY_SIDE:
            panels.pop()
    return PanelRow(f"{case.rule}: {case.image}", panels)


def _panels_of_arm(pictures: Mapping[str, Picture], value: str) -> Iterator[Panel]:
    yield Panel(pictures["prediction"], value)
    yield Panel(pictures["error"])


def _heads(trials: Sequence[ArmTrial], colours: Mapping[str, str]) -> list[Head]:
    """What stands above the columns."""
    heads = [Head("input"), Head("truth")]
    for trial in trials:
        level = levels_text(trial.arm.sample.arm_or_point)
        heads.append(Head(trial.arm.name, colours[level]))
        if len(trials) <= SIDE_BY_SIDE:
            heads.append(Head("its errors"))
    return heads


def _marks(trials: Sequence[ArmTrial]) -> list[Mark]:
    """What the colours of the pictures mean."""
    marks = [Mark("mask", (GREEN,))]
    if len(trials) <= SIDE_BY_SIDE:
        marks += [Mark("missed", (VERMILION,)), Mark("invented", (BLUE,))]
    return marks


def pixel_size(dataset: str) -> PixelSize | None:
    """How wide a pixel of a data set is, where that is known."""
    match = RESOLUTION.fullmatch(find_component("dataset", dataset).facts.resolution)
    if match is None:
        return None
    *_, across, unit = match.groups()
    return PixelSize(float(across), unit)


def _caption(
    study: Study, verdict: Verdict, trials: Sequence[ArmTrial], pictured: int, count: int
) -> str:
    """What is seen, and the rules that chose it."""
    comparison = verdict.comparison
    setting = display_name(comparison.by or "", study.names)
    first = trials[0]
    texts = [
        f"{comparison_title(verdict)}: the same test images in each arm ({setting})",
        f"networks of seed {first.cell.trial.fit.seed}, whose mean over the arms is the median "
        "of all seeds",
        "images by the mean over the arms: the median and the worst case",
    ]
    if pictured < count:
        texts.append(
            f"chosen among the {pictured} of {count} images whose pictures were kept; "
            f"`figures: {count}` at the probe keeps all"
        )
    levels = _other_levels(study, comparison, first)
    if levels:
        texts.insert(1, f"at {', '.join(levels)}")
    return "; ".join(texts) + "."


def _other_levels(study: Study, comparison: Comparison, trial: ArmTrial) -> list[str]:
    """The levels of a trial that neither its arm nor its seed says."""
    levels = []
    if trial.arm.at:
        levels.append(trial.arm.at)
    for path in averaged_paths(study.axes, (*comparison.factors, *comparison.strata)):
        level = trial.cell.levels.get(path)
        if level is not None:
            levels.append(level_display_name(level, path, study.names))
    return levels
