"""What is wrong with a trial as a whole, though each of its settings is right."""

from collections.abc import Iterator
from typing import Any

from harness.spec.values import Fit, Part, Steps, Trial, fields_of
from harness.study.problems import Finding, Findings

OTHER_USE = ("split", "fingerprint", "task")  # options that do not tell which images a set holds


def trial_problems(trial: Trial, transductive: bool = False) -> list[Finding]:
    """What every rule says of a trial; steps start at the trial.

    A study that calls itself transductive may adapt to the images that it tests on.
    """
    problems: list[Finding] = []
    for rule in RULES:
        problems.extend(rule(trial))
    if not transductive:
        problems.extend(_target_is_not_tested(trial))
    return problems


def _patch_fits_net(trial: Trial) -> Findings:
    net, patch = trial.fit.net, trial.fit.patch
    multiple = net.component.facts.multiple
    if patch % multiple == 0:
        return
    lower = patch // multiple * multiple
    upper = lower + multiple
    nearest = f"{lower} or {upper}" if lower else str(upper)
    size = f"{patch} x {patch}"
    yield ("fit", "patch"), f"{net.name} cannot take {size} patches; {nearest} would do"


def _needs_are_met(trial: Trial) -> Findings:
    """What a component needs is in the fit that it serves, wherever in the trial it stands."""
    for steps, part, fit in _parts_with_fits(trial):
        needs = part.component.facts.needs
        if "adapt_to" in needs and fit.adapt_to is None:
            yield steps, f"{part.name} needs fit.adapt_to, the images to adapt to"
        if "encoder" in needs and "encoder" not in fit.net.options:
            use = "sets an encoder's weights" if part.kind == "init" else "needs an encoder"
            text = f"{part.name} {use}, and {fit.net.name} has no `encoder`; take unet, say"
            yield steps, text


def _parts_with_fits(trial: Trial) -> Iterator[tuple[Steps, Part, Fit]]:
    """Every component of a trial, where it stands, and the fit whose network it is for."""
    for name, value in fields_of(trial):
        yield from _parts_inside(value, (name,), trial.fit)


def _parts_inside(value: Any, steps: Steps, fit: Fit) -> Iterator[tuple[Steps, Part, Fit]]:
    """The components of a setting; those of a fit inside it serve that fit."""
    if isinstance(value, Fit):
        for name, setting in fields_of(value):
            yield from _parts_inside(setting, (*steps, name), value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _parts_inside(item, (*steps, number), fit)
    elif isinstance(value, Part):
        yield steps, value, fit
        nested = _fit_inside(value)
        for name, option in value.options.items():
            is_pick = isinstance(option, Part) and option.kind == "pick"
            serves = nested if is_pick and nested is not None else fit
            yield from _parts_inside(option, (*steps, name), serves)


def _fit_inside(part: Part) -> Fit | None:
    """The fit that a component reads; a pick beside it is of that fit's checkpoints."""
    for option in part.options.values():
        if isinstance(option, Fit):
            return option
    return None


def _test_set_is_new(trial: Trial) -> Findings:
    """A network is not tested on images that it was trained on."""
    if _share_images(trial.fit.train_on, trial.test_on):
        split = trial.test_on.options["split"]
        text = (
            f"tests on {split!r} of {trial.test_on.name}, which it is trained on; "
            "take another split"
        )
        yield ("test_on",), text


def _target_is_not_tested(trial: Trial) -> Findings:
    """A network is not tested on the images that it, or one before it, adapted to."""
    for fit in trial.fit.lineage:
        if fit.adapt_to is not None and _share_images(fit.adapt_to, trial.test_on):
            text = (
                f"adapts to {fit.adapt_to.options['split']!r} of {fit.adapt_to.name}, "
                f"and is tested on {trial.test_on.options['split']!r} of it; "
                "take another split, or say `transductive: true` in the study"
            )
            yield ("fit", "adapt_to"), text


RULES = (_patch_fits_net, _needs_are_met, _test_set_is_new)


def _share_images(first: Part, second: Part) -> bool:
    """Whether two parts are of one data set, and of splits that are the same or hold each other."""
    if _images_of(first) != _images_of(second):
        return False
    splits = (first.options["split"], second.options["split"])
    return splits[0] == splits[1] or "all" in splits


def _images_of(part: Part) -> dict[str, object]:
    """The settings of a data set that tell which images it holds, whatever its split."""
    settings = dict(part.to_plain())
    for name in OTHER_USE:
        settings.pop(name, None)
    return settings
