"""What is wrong with a trial as a whole, though each of its settings is right."""

from harness.spec.values import Part, Steps, Trial, parts_in
from harness.study.problems import Finding, Findings

OTHER_USE = ("split", "fingerprint", "task")  # options that do not tell which images a set holds


def trial_problems(trial: Trial) -> list[Finding]:
    """What every rule says of a trial; steps start at the trial."""
    problems: list[Finding] = []
    for rule in RULES:
        problems.extend(rule(trial))
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


def _target_is_named(trial: Trial) -> Findings:
    """A method or a pick that adapts needs images to adapt to."""
    if trial.fit.adapt_to is not None:
        return
    parts: dict[Steps, Part] = {("fit", "method"): trial.fit.method, ("pick",): trial.pick}
    for steps, part in parts.items():
        if "adapt_to" in part.component.facts.needs:
            yield steps, f"{part.name} needs fit.adapt_to, the images to adapt to"


def _encoder_is_there(trial: Trial) -> Findings:
    """An init that sets an encoder's weights needs a net that has an encoder."""
    net = trial.fit.net
    if "encoder" in net.options:
        return
    for part in parts_in(trial.fit.init):
        if part.kind == "init" and "encoder" in part.component.facts.needs:
            text = (
                f"{part.name} sets an encoder's weights, and {net.name} has no `encoder`; "
                "take unet, say"
            )
            yield ("fit", "init"), text


def _test_set_is_new(trial: Trial) -> Findings:
    """A network is not tested on images that it was trained on."""
    if _share_images(trial.fit.train_on, trial.test_on):
        split = trial.test_on.options["split"]
        text = (
            f"tests on {split!r} of {trial.test_on.name}, which it is trained on; "
            "take another split"
        )
        yield ("test_on",), text


RULES = (_patch_fits_net, _target_is_named, _encoder_is_there, _test_set_is_new)


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
