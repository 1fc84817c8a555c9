"""Words for contrasts whose seeds are trained until decided: when they were, and which interval
they have.
"""

from collections.abc import Sequence

from harness.judge.contrasts import Contrast
from harness.study.names import interval_name

STOPPED = "seeds were trained until it was decided, which intervals of single arms do not allow for"


def looks_in_words(contrast: Contrast) -> str:
    """After how many seeds a contrast was decided, or that it is not; empty without looks."""
    most = contrast.looked.most
    if not most:
        return ""
    if contrast.decided_after:
        return f"decided after {contrast.decided_after} of at most {most} seeds"
    return f"undecided after {contrast.n[0]} of at most {most} seeds"


def looks_of_many(contrasts: Sequence[Contrast]) -> str:
    """After how many seeds several contrasts were decided, and the name of their intervals; empty
    where they have no looks.
    """
    first = contrasts[0]
    if not first.looked.most:
        return ""
    after = [contrast.decided_after for contrast in contrasts if contrast.decided_after]
    without = [contrast.n[0] for contrast in contrasts if not contrast.decided_after]
    parts = []
    if after:
        parts.append(f"decided after {_range(after)}")
    if without:
        parts.append(f"undecided after {_range(without)}")
    text = f"{', '.join(parts)} of at most {first.looked.most} seeds"
    return f"{text}; {level_in_words(first)}s"


def _range(counts: Sequence[int]) -> str:
    """'4 to 6'."""
    least, most = min(counts), max(counts)
    return str(least) if least == most else f"{least} to {most}"


def level_in_words(contrast: Contrast) -> str:
    """'95% interval'; 'repeated 95% interval' where it holds at every look at once."""
    name = interval_name(contrast.level)
    return f"repeated {name}" if contrast.looked.most else name


def p_in_words(contrast: Contrast, margin: float | None) -> str:
    """What kind of p value a contrast has."""
    if contrast.looked.most:
        if margin is None:
            return "p is the two-sided repeated one, which holds at every look at once"
        return (
            "p is the repeated one, which holds at every look at once, of whichever shows first: "
            f"a difference, or equivalence within ±{margin:g}"
        )
    if margin is None:
        return "p is two-sided"
    return f"p of two one-sided tests against ±{margin:g}"
