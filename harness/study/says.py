"""`says` of a comparison: its answer in the study's own words, with places for the numbers."""

from string import Formatter
from typing import Literal

from harness.spec.options import did_you_mean
from harness.study.problems import Findings

# What came of a contrast: which of two arms is higher, or only that they differ; that they are
# equivalent; or neither.
Answer = Literal["higher", "lower", "differs", "equivalent", "undecided"]
OF_A_DIFFERENCE: tuple[Answer, ...] = ("higher", "lower", "differs")

Says = dict[Answer, str]

PLACEHOLDERS = {
    "a": "what is compared",
    "b": "what it is compared with",
    "metric": "the metric",
    "difference": "a less b, with its sign",
    "interval": "the ends of its interval",
    "level": "the confidence of the interval",
    "n": "how many units",
    "unit": "what they are: seeds",
    "p": "p, corrected",
    "margin": "the margin of equivalence",
    "where": "the levels that it is asked at",
    "facts": "interval, n and p together",
}


def says_problems(says: Says | None, margin: float | None) -> Findings:
    """Sentences that no answer of a comparison will need, and places that no number fills."""
    for answer, sentence in (says or {}).items():
        if margin is None and answer == "equivalent":
            yield ("says", answer), "nothing is equivalent without a `margin`"
        if margin is not None and answer in OF_A_DIFFERENCE:
            text = "with a `margin` it is asked whether arms are equivalent; take equivalent"
            yield ("says", answer), text
        if not sentence.strip():
            yield ("says", answer), "is empty; say the answer, or leave it out"
            continue
        for reason in _problems_of_sentence(sentence, has_margin=margin is not None):
            yield ("says", answer), reason


def _problems_of_sentence(sentence: str, *, has_margin: bool) -> list[str]:
    """Why the places of a sentence cannot be filled."""
    try:
        pieces = list(Formatter().parse(sentence))  # each a text, and the place behind it
    except ValueError:
        return ["a brace stands alone; write {{ and }} where braces are meant"]
    reasons: list[str] = []
    for _, name, spec, conversion in pieces:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            reasons.append(f"{{{name}}} is no placeholder; {did_you_mean(name, PLACEHOLDERS)}")
        elif spec or conversion:
            reasons.append(f"{{{name}}} is written already; take out what follows the name")
        elif name == "margin" and not has_margin:
            reasons.append("{margin} means nothing in a comparison without `margin`")
    return reasons
