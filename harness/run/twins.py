"""A training set that holds one image twice is refused where folds would part the copies."""

from collections.abc import Iterator, Mapping

from harness.data.identity import Identity
from harness.data.open_dataset import open_anew
from harness.data.twins import twins_apart
from harness.run.data_place import problem_of_data
from harness.spec.values import Part
from harness.store import Home
from harness.study.load import Study
from harness.study.marks import Problem

EXAMPLES = 3  # pairs that a problem names


def twins_across_folds(
    study: Study, identities: Mapping[str, Identity], home: Home
) -> Iterator[Problem]:
    """Finds training sets whose folds may train on an image and validate on its copy."""
    for part, folds in _folded_sets(study, identities):
        digests = identities[part.key].digests
        if len(set(digests.values())) == len(digests):
            continue
        pairs = twins_apart(open_anew(part, home), digests, folds)
        if pairs:
            examples = ", ".join(f"{first} = {copy}" for first, copy in pairs[:EXAMPLES])
            text = (
                f"{part.level} holds {len(pairs)} images twice ({examples}), and a fit would train "
                f"on one and validate on its copy in {folds} folds; take the copies out, or put "
                "both in one group"
            )
            yield problem_of_data(study, part, text)


def _folded_sets(study: Study, identities: Mapping[str, Identity]) -> list[tuple[Part, int]]:
    """The training sets from files that fits divide into folds, and into how many."""
    sets: dict[tuple[str, int], Part] = {}
    for cell in study.cells:
        for fit in cell.trial.lineage:
            if fit.fold is not None and fit.train_on.key in identities:
                sets[fit.train_on.key, fit.fold[1]] = fit.train_on
    return [(part, folds) for (_, folds), part in sets.items()]
