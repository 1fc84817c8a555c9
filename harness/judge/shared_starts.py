"""Pretrained models that several seeds start from: one training behind many networks."""

from harness.judge.arms import Layout
from harness.spec.level_words import data_in_words

ADVICE = "`seed: trial` in the fit that they start from gives each seed its own"


def shared_start(layout: Layout) -> str:
    """Says how many seeds start from one pretraining; empty where each has its own.

    The interval of their mean then knows how fine-tuning varies, not how pretraining does.
    """
    seeds: dict[str, set[int]] = {}
    names: dict[str, str] = {}
    for trial in layout.trial_places:
        upstream = [] if trial.fit is None else trial.fit.upstream
        for start, _ in upstream:
            seeds.setdefault(start.key, set()).add(trial.seed)
            names[start.key] = data_in_words(start.level)
    shared = {key: len(of_key) for key, of_key in seeds.items() if len(of_key) > 1}
    if not shared:
        return ""
    count = max(shared.values())
    subject = f"all {count} seeds start"
    if count < len({trial.seed for trial in layout.trial_places}):
        subject = f"{count} seeds start"
    labels = ", ".join(dict.fromkeys(names[key] for key in shared))
    return (
        f"{subject} from one pretraining ({labels}): the interval is of fine-tuning alone; {ADVICE}"
    )
