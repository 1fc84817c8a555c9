"""Networks, starts and training of a study as paragraphs."""

from collections.abc import Iterator, Sequence

from harness.report.bibliography import citation, user_of
from harness.report.evidence import Evidence
from harness.report.methods.words import (
    components_text,
    count_text,
    distinct,
    joined,
    levels_text,
    sentence_of,
    setting_text,
)
from harness.spec.values import Fit, Part, Trial


def network_text(trials: Sequence[Trial], evidence: Evidence) -> str:
    """The networks with their settings and sizes."""
    nets = [trial.fit.net for trial in trials]
    sentences = [f"The network was {components_text(nets)}"]
    sizes = distinct(f"{fit['parameters']:,}" for fit in evidence.fits.values())
    if sizes:
        channels = setting_text(fit["channels"] for fit in evidence.fits.values())
        outputs = setting_text(fit["outputs"] for fit in evidence.fits.values())
        sentences.append(
            f"It has {joined(sizes, 'or')} parameters (input channels: {channels}, output "
            f"channels: {outputs})"
        )
    return _prose(sentences)


def start_text(trials: Sequence[Trial]) -> str:
    """What the weights were before training, and the trainings that they come from."""
    starts: dict[str, Part] = {}
    for trial in trials:
        starts.setdefault(trial.fit.init.level, trial.fit.init)
    sentences = []
    for level, part in starts.items():
        name = part.name if level == part.name else f"{level} ({part.name})"
        sentences.append(f"{name}{citation(user_of(part))}: {sentence_of(part)}")
    text = _prose(sentences)
    if len(starts) > 1:
        text = f"The start of the weights was varied. {text}"
    upstream = upstream_of(trials)
    if upstream:
        groups = _prose(list(_groups_text(upstream, names_network=True)))
        text += f" Trained beforehand, once for all that start from it: {groups}"
    return text


def upstream_of(trials: Sequence[Trial]) -> list[Fit]:
    """The trainings that stand before those that were tested, each once."""
    own = {trial.fit.key for trial in trials}
    fits: dict[str, Fit] = {}
    for trial in trials:
        for fit in trial.lineage:
            if fit.key not in own:
                fits.setdefault(fit.key, fit)
    return list(fits.values())


def training_text(trials: Sequence[Trial]) -> str:
    """How networks were trained, those of one method together, and which weights were tested."""
    fits: dict[str, Fit] = {}
    for trial in trials:
        fits.setdefault(trial.fit.key, trial.fit)
    text = _prose(list(_groups_text(list(fits.values()))))
    return f"{text[:1].upper()}{text[1:]}"


def selection_text(trials: Sequence[Trial]) -> str:
    """The rule by which weights were picked, and what was measured with them."""
    picks: dict[str, Part] = {}
    probes: dict[str, Part] = {}
    for trial in trials:
        picks.setdefault(trial.pick.level, trial.pick)
        for probe in trial.probes:
            probes.setdefault(probe.key, probe)
    rules = []
    for level, part in picks.items():
        rule = f"{level}{citation(user_of(part))}: {sentence_of(part)}"
        if part.component.facts.oracle:
            rule += ", which sees labels of the target and so only bounds what a rule can reach"
        rules.append(rule)
    varied = " (varied)" if len(rules) > 1 else ""
    sentences = [f"The tested weights were picked by {joined(rules, 'or')}{varied}"]
    sentences.append(f"Measured were {components_text(probes.values(), 'and')}")
    return _prose(sentences)


def _groups_text(fits: Sequence[Fit], *, names_network: bool = False) -> Iterator[str]:
    """A sentence for the trainings of each method and network."""
    groups: dict[tuple[str, str], list[Fit]] = {}
    for fit in fits:
        groups.setdefault((fit.method.name, fit.net.name), []).append(fit)
    for group in groups.values():
        yield _group_text(group, names_network=names_network or len(groups) > 1)


def _group_text(fits: Sequence[Fit], *, names_network: bool) -> str:
    """How trainings of one method went; what differs between them is said to vary."""
    network = ""
    if names_network:
        network = f" of {fits[0].net.name} on {setting_text(fit.train_on.name for fit in fits)}"
    phrases = [
        f"{count_text(len(fits), 'training')}{network} by "
        f"{components_text(fit.method for fit in fits)}",
        f"batches of {setting_text(fit.batch for fit in fits)} patches of "
        f"{setting_text(fit.patch for fit in fits)} pixels a side",
        f"{_steps_text(fits)} an epoch",
        _augmentations(fits),
        f"precision {setting_text(fit.precision for fit in fits)}",
        _seeds_text(fits),
    ]
    return "; ".join(phrases)


def _steps_text(fits: Sequence[Fit]) -> str:
    """How many steps make an epoch."""
    steps = [fit.steps for fit in fits]
    if all(count is None for count in steps):
        return "as many steps as cover the training pixels once make"
    return f"{setting_text(steps)} steps make"


def _augmentations(fits: Sequence[Fit]) -> str:
    """The augmentations in their order."""
    parts = []
    for fit in fits:
        parts += fit.augment
    if not parts:
        return "no augmentation"
    return f"augmented by {components_text(parts, 'and')}"


def _seeds_text(fits: Sequence[Fit]) -> str:
    """The seeds, of which each gives a start, an order of the batches and its augmentations."""
    seeds = distinct(str(fit.seed) for fit in fits)
    return f"{count_text(len(seeds), 'seed')} ({levels_text(seeds)})"


def _prose(sentences: Sequence[str]) -> str:
    return " ".join(f"{sentence}." for sentence in sentences)
