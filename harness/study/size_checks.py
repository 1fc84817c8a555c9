"""Sizes that no computer holds, and settings that leave nothing to do."""

import math
from functools import lru_cache
from typing import Any

from harness.spec.fields import fields_of
from harness.spec.values import FIELDS_WITH_PARTS, Fit, Part, Trial
from harness.study.problems import Finding, Findings

LARGEST_SEED = 2**32 - 1  # that NumPy and PyTorch both take
LARGEST = 1_000_000  # of a whole number that has no limit of its own
COLOURS = 3  # of a photograph
MOST_OF_FIT = {
    "patch": 16_384,
    "batch": 65_536,
    "steps": 10_000_000,
    "shots": LARGEST,
    "seed": LARGEST_SEED,
}
MOST_OF_COMPONENT = {
    "seed": LARGEST_SEED,
    "size": 16_384,
    "slices": 100_000,
    "classes": 65_536,
    "width": 4_096,
    "window": 16_384,
    "crop": 16_384,
}
MOST_PIXELS = 2**33  # of a batch, or of the images that a phantom draws
COUNTS_OF_IMAGES = ("slices", "images", "subjects")


def size_problems(trial: Trial) -> Findings:
    """What every rule about sizes says of a trial; steps start at the trial."""
    for name, value in fields_of(trial):
        for steps, text in _problems_in(value):
            yield (name, *steps), text
    yield from _probes_differ(trial)


def _problems_in(value: Any) -> Findings:
    """What is wrong with the sizes in a setting; steps start at it."""
    if isinstance(value, Fit):
        yield from _problems_in_fit(value)
    elif isinstance(value, Part):
        yield from _problems_in_component(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            for steps, text in _problems_in(item):
                yield (number, *steps), text


@lru_cache(maxsize=4096)  # trials share their fits
def _problems_in_fit(fit: Fit) -> tuple[Finding, ...]:
    """What is wrong with the sizes of a fit and of all inside it."""
    problems = [*_too_large_in_fit(fit), *_fold_is_there(fit), *_slices_for_colours(fit)]
    for name in FIELDS_WITH_PARTS:
        for steps, text in _problems_in(getattr(fit, name)):
            problems.append(((name, *steps), text))
    return tuple(problems)


@lru_cache(maxsize=4096)  # cells share their parts
def _problems_in_component(part: Part) -> tuple[Finding, ...]:
    """What is wrong with the sizes of a component and of all inside it."""
    problems: list[Finding] = []
    for rule in (_too_large_in_component, _classes_to_tell_apart, _ties_across_slices):
        problems.extend(rule(part))
    for name, option in part.options.items():
        for steps, text in _problems_in(option):
            problems.append(((name, *steps), text))
    return tuple(problems)


def _too_large_in_fit(fit: Fit) -> Findings:
    """Finds numbers of a fit, and batches, that are too large."""
    has_problem = False
    for name, most in MOST_OF_FIT.items():
        value = getattr(fit, name)
        if value is not None and value > most:
            has_problem = True
            yield (name,), _too_large(value, most)
    pixels = fit.batch * fit.patch**2
    if pixels > MOST_PIXELS and not has_problem:
        text = (
            f"a batch of {fit.batch:,} patches of {fit.patch:,} x {fit.patch:,} has {pixels:,} "
            f"pixels; take fewer: at most {MOST_PIXELS:,}"
        )
        yield ("batch",), text


def _too_large(value: int, most: int) -> str:
    return f"{value:,} is too large; take at most {most:,}"


def _fold_is_there(fit: Fit) -> Findings:
    """Finds a fold that a cross-validation of so many folds does not have."""
    if fit.fold is None:
        return
    which, of = fit.fold
    if of < 2:
        yield ("fold",), f"{of} folds leave nothing to train on; take at least 2"
    elif not 0 <= which < of:
        text = f"there is no fold {which} of {of}; they are counted from 0 to {of - 1}"
        yield ("fold",), text


def _slices_for_colours(fit: Fit) -> Findings:
    """Finds starts that give each slice a colour where there are more slices, or no colours."""
    slices = fit.net.options.get("slices", 1)
    if fit.init.name == "keep" and slices not in (1, COLOURS):
        text = f"keep gives three slices a colour each, not {slices}; take cyclic or centred"
        yield ("init",), text
    of = fit.init.options.get("of")
    if isinstance(of, Part) and of.name == "random":
        text = "random sets no weights for three colours; take imagenet, photos, file or trained"
        yield ("init", "of"), text


def _too_large_in_component(part: Part) -> Findings:
    """Finds whole numbers of a component, and drawn images, that are too large."""
    has_problem = False
    for name, value in part.options.items():
        if not isinstance(value, int):
            continue
        most = MOST_OF_COMPONENT.get(name, LARGEST)
        if value > most:
            has_problem = True
            yield (name,), _too_large(value, most)
    size = part.options.get("size")
    if part.kind != "dataset" or not isinstance(size, int) or has_problem:
        return
    counts = [part.options.get(name, 1) for name in COUNTS_OF_IMAGES]
    pixels = size**2 * math.prod(counts)
    if pixels > MOST_PIXELS:
        text = f"draws {pixels:,} pixels; take fewer or smaller images: at most {MOST_PIXELS:,}"
        yield ("size",), text


def _classes_to_tell_apart(part: Part) -> Findings:
    """Finds one class alone, which is the answer at every pixel."""
    classes = part.options.get("classes")
    count = len(classes) if isinstance(classes, dict) else classes
    if part.kind in ("dataset", "net") and count in (0, 1):
        text = "one class leaves nothing to tell apart; name at least two, or leave it out"
        yield ("classes",), text


def _ties_across_slices(part: Part) -> Findings:
    """Finds kernels that are tied across slices where there is one."""
    tied = part.options.get("tied", "none")
    if part.kind == "net" and tied != "none" and part.options.get("slices") == 1:
        text = f"{tied!r} ties kernels across slices, and there is one; take 3, 5 or 7 `slices`"
        yield ("tied",), text


def _probes_differ(trial: Trial) -> Findings:
    """Finds a probe that stands in a trial twice: its rows would count twice."""
    earlier: set[str] = set()
    for number, probe in enumerate(trial.probes):
        if probe.key in earlier:
            text = f"{probe.level} stands here twice; name it once"
            yield ("probes", number), text
        earlier.add(probe.key)
