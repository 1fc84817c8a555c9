"""What is wrong with a trial as a whole, though each of its settings is right."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from harness.spec.fields import fields_of
from harness.spec.values import FIELDS_WITH_PARTS, LAST, Fit, Part, Steps, Trial
from harness.spec.walk import looked_at
from harness.study.problems import Finding, Findings
from harness.study.size_checks import size_problems

# steps into a setting, a component that needs something, the fit in between that it serves
Needing = tuple[Steps, Part, Fit | None]

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
    """A patch needs a size that the network can halve as often as it does."""
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
    for name, value in fields_of(trial):
        for steps, part, nested in _parts_with_needs(value):
            fit = nested or trial.fit
            needs = part.component.facts.needs
            if "adapt_to" in needs and part.kind == "pick":
                text = f"{part.name} is given no images to adapt to; a pick names them as an option"
                yield (name, *steps), text
            elif "adapt_to" in needs and _lacks_target(fit, name):
                text = f"{part.name} needs fit.adapt_to, the images to adapt to"
                yield (name, *steps), text
            if "encoder" in needs and "encoder" not in fit.net.options:
                yield (name, *steps), _lack_of_encoder(part, fit.net)
            if "translator" in needs:
                yield from _lacks_of_translator(part, fit, (name, *steps))


def _lacks_of_translator(part: Part, fit: Fit, steps: Steps) -> Findings:
    """Finds fits that should be of a network that translates images: those that a `prepare` names,
    else the fit that a component serves.
    """
    fits = [fit]
    if part.kind == "prepare":
        fits = [option for option in part.options.values() if isinstance(option, Fit)]
    for translator in fits:
        net = translator.net
        if not net.component.facts.translates:
            text = f"{part.name} needs a network that translates images; {net.name} makes labels"
            yield steps, f"{text}, take resnet_generator"


def _translators_translate(trial: Trial) -> Findings:
    """A network that translates images makes no labels, to learn, to be picked or tested by."""
    if trial.fit.net.component.facts.translates:
        text = "translates images and makes no labels to test"
        yield ("fit", "net"), f"{trial.fit.net.name} {text}; name the fit in `prepare: translate`"
    for fit, pick in trial.upstream:
        if not fit.net.component.facts.translates:
            continue
        for part in (fit.method, pick):
            if part.name != LAST.name and "translator" not in part.component.facts.needs:
                text = f"{part.name} is of labels, and {fit.net.name} translates images"
                yield ("fit", part.kind), text


def _lacks_target(fit: Fit, name: str) -> bool:
    """Whether there is no target for a component in this setting of a trial.

    A trial's own `prepare` gets the target only of a fit that looks at it.
    """
    target = fit.target if name == "prepare" else fit.adapt_to
    return target is None


def _prepare_is_of_tests(trial: Trial) -> Findings:
    """A trial's own steps are for its test images, so they have no role."""
    for number, part in enumerate(trial.prepare):
        if part.options["to"] != "all":
            text = "a trial prepares its test images alone; leave `to` out, or put it into the fit"
            yield ("prepare", number, "to"), text


def _pick_reads_earlier_fits(trial: Trial) -> Findings:
    """A pick cannot read a fit that does not exist while the network is trained."""
    for fit, _ in trial.pick.upstream:
        if trial.fit.key in [before.key for before in fit.lineage]:
            text = f"{trial.pick.name} names the fit that it picks from, or one that follows it"
            yield ("pick",), text


def _lack_of_encoder(part: Part, net: Part) -> str:
    use = "sets an encoder's weights" if part.kind == "init" else "needs an encoder"
    return f"{part.name} {use}, and {net.name} has no `encoder`; take unet, say"


def _parts_with_needs(value: Any) -> Iterator[Needing]:
    """The components in a setting that need something, and the fit inside it that each serves."""
    if isinstance(value, Fit):
        for name in FIELDS_WITH_PARTS:
            for steps, part, fit in _parts_with_needs(getattr(value, name)):
                yield (name, *steps), part, fit or value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            for steps, part, fit in _parts_with_needs(item):
                yield (number, *steps), part, fit
    elif isinstance(value, Part):
        yield from _parts_with_needs_in(value)


@lru_cache(maxsize=4096)  # cells share their parts
def _parts_with_needs_in(owner: Part) -> tuple[Needing, ...]:
    """A component and those in its options; a pick beside a fit is of that fit's checkpoints."""
    needing: list[Needing] = []
    if owner.component.facts.needs:
        needing.append(((), owner, None))
    fits = [option for option in owner.options.values() if isinstance(option, Fit)]
    for name, option in owner.options.items():
        beside = fits[0] if name == "pick" and fits else None
        for steps, part, fit in _parts_with_needs(option):
            needing.append(((name, *steps), part, fit or beside))
    return tuple(needing)


def _test_set_is_new(trial: Trial) -> Findings:
    """A network is not tested on images that it, or a fit that it starts from, was trained on."""
    for fit in trial.fit.lineage:
        if _share_images(fit.train_on, trial.test_on):
            split = trial.test_on.options["split"]
            trained = (
                "it is trained" if fit is trial.fit else "a fit that it starts from is trained"
            )
            text = (
                f"tests on {split!r} of {trial.test_on.name}, which {trained} on; "
                "take another split"
            )
            yield ("test_on",), text


def _target_is_not_tested(trial: Trial) -> Findings:
    """A network is not tested on the images that it, or what serves it, adapted to."""
    for steps, part in looked_at(trial):
        if _share_images(part, trial.test_on):
            text = (
                f"adapts to {part.options['split']!r} of {part.name}, "
                f"and is tested on {trial.test_on.options['split']!r} of it; "
                "take another split, or say `transductive: true` in the study"
            )
            yield steps, text


def _loss_takes_weights(trial: Trial) -> Findings:
    """A method that weighs pixels needs a loss that takes their weights."""
    for fit in trial.fit.lineage:
        loss = fit.method.options.get("loss")
        if not isinstance(loss, Part) or "weights" in loss.component.arguments:
            continue
        weight = fit.method.options.get("weight")
        if isinstance(weight, Part) and weight.kind == "weight":
            text = (
                f"{loss.name} takes no weights, and fit.method.weight is {weight.name}; "
                "take a loss with the arguments (logits, masks, ignore, weights)"
            )
            yield ("fit", "method", "loss"), text


def _metrics_have_one_probe(trial: Trial) -> Findings:
    """No two probes of a trial measure a metric of one name: their rows could not be told apart."""
    probe_of: dict[str, str] = {}
    for number, part in enumerate(trial.probes):
        for metric in part.component.facts.metrics:
            first = probe_of.setdefault(metric, part.name)
            if first != part.name:
                text = f"{part.name} and {first} both measure {metric}; take one of them"
                yield ("probes", number), text


RULES = (
    _metrics_have_one_probe,
    *(_patch_fits_net, _needs_are_met, _test_set_is_new, _loss_takes_weights),
    *(_prepare_is_of_tests, _pick_reads_earlier_fits, _translators_translate, size_problems),
)


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
