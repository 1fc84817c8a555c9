"""What a paper prints of a comparison, beside ours: a note for each pair of arms."""

import math
from collections.abc import Iterator

from harness.stats.implied_size import implied_size
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.published_pairs import PublishedPair, read_pairs


def published_notes(study: Study, comparison: Comparison) -> Iterator[str]:
    """The p and the effect that were published of each pair, and on how many values they stand."""
    if comparison.published is None or comparison.kind != "groups":
        return
    for pair in read_pairs(study.path.parent / comparison.published):
        if pair.comparison == comparison.name:
            yield _note(pair, comparison.from_)


def _note(pair: PublishedPair, origin: str) -> str:
    """The note of one pair."""
    source = f" ({origin})" if origin else ""
    text = (
        f"published{source}: {pair.first} − {pair.second}: p = {pair.p:.2g}, effect {pair.effect:g}"
    )
    size = implied_size(pair.p, pair.effect)
    if math.isnan(size):
        return text
    return f"{text}; by Mann-Whitney and Cliff's delta that is about {size:.0f} values an arm"
