"""Networks, starts and training of a study as paragraphs."""

from collections.abc import Iterator, Sequence

from harness.report.bibliography import citation, user_of
from harness.report.evidence import Evidence
from harness.report.methods.words import (
    components_text,
    count_text,
    distinct,
    levels_text,
    list_text,
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
            f"It has {list_text(sizes, 'or')} parameters (input channels: {channels}, output "
            f"channels: {outputs})"
        )
    return _prose(sentences)


def start_text(trials: Sequence[Trial]) -> str:
    """What the weights were before training."""
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
    upstream = upstream_of(trials)
    if upstream:
        groups = _prose(list(_groups_text(upstream, names_network=True)))
        text += f" Other trainings that these start from, or are measured with: {groups}"
    return text


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
    sentences = [f"The tested weights were picked by {'; or by '.join(rules)}{varied}"]
    sentences.append(f"Measured were {components_text(probes.values(), 'and')}")
    return _prose(sentences)


def _groups_text(fits: Sequence[Fit], *, names_network: bool = False) -> Iterator[str]:
    """A sentence for the trainings of each method and network; what all share is said once."""
    groups: dict[tuple[str, str], list[Fit]] = {}
    for fit in fits:
        groups.setdefault((fit.method.name, fit.net.name), []).append(fit)
    phrases = [list(_phrases_of(group)) for group in groups.values()]
    shared = set(phrases[0]).intersection(*phrases)
    for group, of_group in zip(groups.values(), phrases, strict=True):
        own = [phrase for phrase in of_group if len(groups) == 1 or phrase not in shared]
        network = ""
        if names_network or len(groups) > 1:
            sets = setting_text(fit.train_on.name for fit in group)
            network = f" of {group[0].net.name} on {sets}"
        method = components_text(fit.method for fit in group)
        first = f"{count_text(len(group), 'training')}{network} by {method}"
        yield "; ".join([first, *own])
    if shared and len(groups) > 1:
        common = [phrase for phrase in phrases[0] if phrase in shared]
        yield f"All of these: {'; '.join(common)}"


def _phrases_of(fits: Sequence[Fit]) -> Iterator[str]:
    """How trainings of one method went; what differs between them is said to vary."""
    batch = setting_text(fit.batch for fit in fits)
    patch = setting_text(fit.patch for fit in fits)
    yield f"batches of {batch} patches of {patch} pixels a side"
    yield f"{_steps_text(fits)} an epoch"
    yield _augmentations(fits)
    yield f"precision {setting_text(fit.precision for fit in fits)}"
    yield _seeds_text(fits)


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
