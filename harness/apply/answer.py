"""The answer to which model to use, in a sentence, and what speaks against it."""

from collections.abc import Sequence

from harness.apply.questions import FIRST
from harness.apply.score_table import ScoreTable
from harness.apply.scores import Selection
from harness.apply.standings import ColumnRanking, Ranking, Standing

MOST_EMPTY = 0.5  # share of images without foreground, from which a warning says so
FEW = 10  # units, below which a warning says so


def answer(ranking: Ranking) -> str:
    """Which model to use, and which cannot be told from it."""
    first = ranking.first
    best = first.standings[0]
    count = f"{ranking.count} {ranking.unit if ranking.count != 1 else ranking.unit[:-1]}"
    these = f"these {count}" if ranking.count != 1 else f"this {ranking.unit[:-1]}"
    if len(first.standings) == 1:
        return f"{best.model} is the only model that can be used; there is nothing to rank"
    if best.score != best.score:
        return f"No model finds any foreground on {these}, so nothing can be ranked"
    if not first.is_certain:
        return f"Use {best.model}, first by {first.column.label}, with an uncertainty not known"
    rivals = [standing.model for standing in first.standings[1:] if not standing.told_apart]
    if not rivals:
        return f"Use {best.model}; on {these} it is told from every other model"
    if len(rivals) == len(first.standings) - 1 and len(rivals) > 1:
        return f"Use {best.model}; but no other model can be told from it on {these}"
    return f"Use {best.model}; {list_text(rivals)} cannot be told from it on {these}"


def because(ranking: Ranking) -> str:
    """What the answer stands on."""
    first = ranking.first
    best = first.standings[0]
    meaning = ""
    if first.column.probe == FIRST:
        meaning = ": how little the masks change when something is disturbed a little"
    return (
        f"It is first by {first.column.label} ({best.score:.3f}), an estimator that looks at no "
        f"label{meaning}. It is no accuracy, and a model that is wrong in the same way everywhere "
        "can be first."
    )


def warnings(ranking: Ranking, table: ScoreTable, selection: Selection) -> list[str]:
    """What speaks against the answer, a sentence each."""
    sentences = [*_of_estimators(ranking), *_of_masks(ranking.first, len(table.planes))]
    if ranking.count < FEW:
        sentences.append(
            f"{ranking.count} {ranking.unit} are few: the intervals below are too narrow"
        )
    if ranking.unit in ("planes", "windows"):
        sentences.append(
            f"The {ranking.unit} are of few files and resemble their neighbours, so the intervals "
            "are too narrow; images of other specimens would say more"
        )
    if not selection.is_all:
        total = len(selection.images.planes)
        sentences.append(
            f"{len(selection.planes)} of {total} images were scored, from the first to the last at "
            "even distances (--most)"
        )
    return sentences


def _of_estimators(ranking: Ranking) -> list[str]:
    """Whether another estimator puts another model first."""
    best = ranking.first.standings[0].model
    labels_by_model: dict[str, list[str]] = {}
    for column in ranking.columns[1:]:
        winner = column.standings[0]
        if winner.model != best and winner.score == winner.score:
            labels_by_model.setdefault(winner.model, []).append(column.column.label)
    sentences = []
    for model, labels in labels_by_model.items():
        verb = "put" if len(labels) > 1 else "puts"
        sentences.append(f"{list_text(labels)} {verb} {model} first")
    return sentences


def _of_masks(first: ColumnRanking, count: int) -> list[str]:
    """The models that find nothing on many images, which this estimator does not punish."""
    sentences = []
    for standing in first.standings:
        if standing.empty >= MOST_EMPTY * count:
            sentences.append(
                f"{standing.model} finds no foreground on {standing.empty} of {count} images, "
                "which count nowhere in its score: look at its masks"
            )
    return sentences


def rank_text(standing: Standing) -> str:
    """A rank with its bounds, as a table writes it."""
    rank = f"{standing.rank:g}"
    if standing.best_rank != standing.best_rank:
        return rank
    if standing.best_rank == standing.worst_rank == standing.rank:
        return rank
    return f"{rank} ({standing.best_rank:g} to {standing.worst_rank:g})"


def order_text(ranking: ColumnRanking) -> str:
    """The models from the first to the last, those with equal ranks joined."""
    text = ""
    previous = 0.0
    for standing in ranking.standings:
        if standing.score != standing.score:
            continue
        if text:
            text += " = " if standing.rank == previous else " > "
        text += standing.model
        previous = standing.rank
    return text


def score_text(standing: Standing) -> str:
    """A score with its interval, as a table writes it."""
    if standing.score != standing.score:
        return "–"
    if standing.low != standing.low:
        return f"{standing.score:.3f}"
    return f"{standing.score:.3f} ({standing.low:.3f} to {standing.high:.3f})"


def list_text(words: Sequence[str]) -> str:
    """Words as a sentence lists them."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} and {words[-1]}"
