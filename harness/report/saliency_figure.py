"""Where networks of several starts look on the same image, side by side, as Figure 4 of paper 000
shows it: the saliency of each slice, of an image and of the mean over all images.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.judge.answer import lower_metrics
from harness.judge.sentences import number
from harness.judge.verdicts import Verdict
from harness.record.database import Run
from harness.record.files_of_run import file_of_run
from harness.record.tracker import Tracker
from harness.report.arms_of_images import ArmTrial, chosen_cases, comparison_title
from harness.report.image_grid import Head, Mark, Panel, PanelRow, Picture, image_grid
from harness.report.kept_pictures import scores_of_images
from harness.study.load import Study
from harness.study.names import display_name

FILE = "saliency.npz"
COLOURS = "magma"  # of saliency, as the probe draws it
RAMP = 12  # colours of the legend

Maps = NDArray[np.floating]  # (channels, h, w)


@dataclass(frozen=True)
class KeptMaps:
    """The saliency that a trial kept: by the names of its maps, and of its images."""

    labels: Sequence[str]
    images: Sequence[str]
    arrays: dict[str, NDArray[Any]]

    def mean(self, label: int) -> Maps:
        """The mean of a map over all images."""
        return np.asarray(self.arrays[f"mean_{label}"], np.float64)

    def of_image(self, image: str, label: int) -> Maps:
        """The map of an image."""
        position = self.images.index(image)
        return np.asarray(self.arrays[f"map_{position}_{label}"], np.float64)

    def stack(self, image: str) -> NDArray[np.uint8]:
        """The slices of an image."""
        position = self.images.index(image)
        return np.asarray(self.arrays[f"stack_{position}"])


def saliency_figure(
    study: Study, verdict: Verdict, trials: Sequence[ArmTrial], tracker: Tracker
) -> tuple[str, str] | None:
    """The figure and its caption; None where the trials kept no maps of one image."""
    maps_of_arms = []
    for trial in trials:
        maps = kept_maps(tracker, trial.run)
        if maps is None:
            return None
        maps_of_arms.append(maps)
    metrics = verdict.comparison.metrics
    scores = [scores_of_images(tracker, trial.run, metrics) for trial in trials]
    values = [of_arm.values for of_arm in scores if of_arm is not None]
    shared = _images_of_all(maps_of_arms)
    is_lower_better = not set(metrics).isdisjoint(lower_metrics(study))
    rule = "the image that was kept"
    images = shared[:1]
    if len(values) == len(trials):
        cases = chosen_cases(values, shared, is_lower_better=is_lower_better)
        images = [case.image for case in cases[:1]]
        rule = cases[0].rule if cases else rule
    if not images:
        return None
    name = display_name(metrics[0], study.names)
    rows = [_inputs(maps_of_arms[0], images[0], rule)]
    for trial, maps, of_arm in zip(trials, maps_of_arms, scores, strict=True):
        value = of_arm.values[images[0]] if of_arm is not None else float("nan")
        rows.append(_arm_row(trial, maps, images[0], f"{name} {number(value)}"))
    heads = _heads(len(maps_of_arms[0].stack(images[0])))
    legend = [Mark("saliency by rank among all slices of a map: low to high", ramp())]
    title = f"saliency of {', '.join(trial.arm.name for trial in trials)} on the same image"
    figure = image_grid(heads, rows, legend, title)
    return figure, _caption(study, verdict, trials, maps_of_arms[0], rule)


def kept_maps(tracker: Tracker, run: Run) -> KeptMaps | None:
    """The maps that a trial kept; None where it kept none."""
    try:
        path = file_of_run(tracker, run, FILE)
    except ValueError:  # broken; what speaks of that is `harness check`
        return None
    if path is None:
        return None
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return KeptMaps(arrays["maps"].tolist(), arrays["images"].tolist(), arrays)


def _images_of_all(maps_of_arms: Sequence[KeptMaps]) -> list[str]:
    """The images of which every arm kept its maps."""
    first, *others = [maps.images for maps in maps_of_arms]
    shared = set(first).intersection(*others)
    return [image for image in first if image in shared]


def _heads(slices: int) -> list[Head]:
    """Above the columns: the slices, of the image and of the mean."""
    heads = []
    for whose in ("image", "mean"):
        for channel in range(slices):
            offset = channel - slices // 2
            text = f"slice {offset:+d}".replace("-", "−") if offset else "middle slice"
            heads.append(Head(f"{whose}, {text}"))
    return heads


def _inputs(maps: KeptMaps, image: str, rule: str) -> PanelRow:
    """The slices of the image."""
    panels = []
    for plane in maps.stack(image):
        panels.append(Panel(np.stack([plane] * 3, axis=-1)))
    return PanelRow(f"input: {image} ({rule})", panels)


def _arm_row(trial: ArmTrial, maps: KeptMaps, image: str, value: str) -> PanelRow:
    """The first map of an arm: of the image, and its mean over all images."""
    of_image = _map_panels(maps.of_image(image, 0))
    of_mean = _map_panels(maps.mean(0))
    title = f"{trial.arm.name}: {value}"
    return PanelRow(title, [*of_image, *of_mean])


def _map_panels(maps: Maps) -> Iterator[Panel]:
    """The slices of a map, each with its share of all saliency below."""
    ranks = by_rank(maps)
    total = max(float(maps.sum()), np.finfo(float).tiny)
    for plane, of_slice in zip(ranks, maps, strict=True):
        yield Panel(in_colour(plane), f"{of_slice.sum() / total:.0%}")


def by_rank(maps: Maps) -> Maps:
    """Each value as the share of the values of all slices that are lower: one curve for all, so
    that what differs between slices stays.
    """
    flat = maps.ravel()
    values, positions, counts = np.unique(flat, return_inverse=True, return_counts=True)
    if len(values) == 1:
        return np.zeros(maps.shape)
    below = np.cumsum(counts) - counts
    shares = below / max(1, flat.size - counts[-1])
    return shares[positions].reshape(maps.shape)


def in_colour(shares: NDArray[np.floating]) -> Picture:
    """Shares from 0 to 1 in the colours of saliency."""
    from matplotlib import colormaps

    colours = colormaps[COLOURS](np.clip(shares, 0, 1), bytes=True)
    return np.asarray(colours[..., :3])


def ramp() -> list[str]:
    """The colours of saliency from low to high."""
    row = in_colour(np.linspace(0, 1, RAMP)[None])[0]
    return [f"#{bytes(colour).hex()}" for colour in row]


def _caption(
    study: Study, verdict: Verdict, trials: Sequence[ArmTrial], maps: KeptMaps, rule: str
) -> str:
    """What is seen, and the rules that chose it."""
    comparison = verdict.comparison
    setting = display_name(comparison.by or "", study.names)
    label = maps.labels[0].replace("_", " ")
    seed = trials[0].cell.trial.fit.seed
    return (
        f"{comparison_title(verdict)}: saliency ({label}) of the same test image in each arm "
        f"({setting}), of networks of seed {seed}, whose mean over the arms is the median of all "
        f"seeds; {rule}, of the {len(maps.images)} whose maps were kept (`figures` at the "
        "probe keeps more); on the right the mean over all test images; below each slice its "
        "share of all saliency."
    )
