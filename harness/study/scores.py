"""A table of scores that were measured elsewhere -> the cells of a study, and their numbers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from harness.spec.keys import digest
from harness.spec.naming import level_of_text
from harness.spec.scored import ScoredFit, ScoredTrial
from harness.study.axes import Axis
from harness.study.bounded_files import Unreadable
from harness.study.cells import Cell
from harness.study.csv_file import CsvFile, read_csv
from harness.study.grid import Expansion
from harness.study.score_columns import METRIC, VALUE, Columns, columns_of

LARGEST = 100_000_000  # bytes of a table

Fields = dict[str, str]  # a row of the table by its columns


class Network(NamedTuple):
    """What tells a network of the table from others."""

    levels: tuple[str, ...]
    seed: int
    fold: int | None


class Score(NamedTuple):
    """One number of a table."""

    metric: str
    value: float  # not a number where the table leaves it empty
    image: str | None
    patient: str | None


Networks = dict[Network, list[Score]]


@dataclass(frozen=True)
class Scores:
    """A table of scores: where it lies, what its columns are, and its numbers by trial."""

    path: Path
    columns: Columns
    metrics: tuple[str, ...]
    of_trial: dict[str, list[Score]]


@dataclass(frozen=True)
class ScoredGrid:
    """The trials that a table of scores is of, and the table."""

    scores: Scores
    axes: list[Axis]
    grid: Expansion


def read_scores(path: Path, compare: Any) -> ScoredGrid:
    """Reads a table; `compare` holds comparisons as a file writes them.

    `Unreadable` names the file and the line of what is wrong.
    """
    table = read_csv(path, LARGEST, "a table of scores")
    table = replace(table, head=list(map(str.strip, table.head)))
    columns = columns_of(path, table, compare)
    networks = _networks(path, table, columns)
    if not networks:
        raise Unreadable(f"{path}: has a head but no rows, so there is nothing to judge")
    metrics: dict[str, None] = {}
    for scores in networks.values():
        metrics.update(dict.fromkeys(score.metric for score in scores))
    return _scored_grid(path, columns, networks, tuple(metrics))


def _networks(path: Path, table: CsvFile, columns: Columns) -> Networks:
    """The numbers of each network, in the order of the table."""
    networks: Networks = {}
    lines: dict[tuple[object, ...], int] = {}  # where a number stands
    for line, row in enumerate(table.rows, table.line + 1):
        if not any(text.strip() for text in row):
            continue
        try:
            fields = _fields(table.head, row)
            network = _network(fields, columns)
            for score in _scores_of_row(fields, columns):
                number = (network, score.metric, score.image, score.patient)
                if number in lines:
                    raise ValueError(_why_twice(score, lines[number], columns))
                lines[number] = line
                networks.setdefault(network, []).append(score)
        except ValueError as error:
            raise Unreadable(f"{path}:{line}: {error}") from None
    return networks


def _fields(head: Sequence[str], row: Sequence[str]) -> Fields:
    """A row by its columns; a ValueError where it has more or fewer."""
    if len(row) != len(head):
        raise ValueError(
            f"{len(row)} values for {len(head)} columns; quote a value that holds a comma"
        )
    return dict(zip(head, map(str.strip, row), strict=True))


def _why_twice(score: Score, line: int, columns: Columns) -> str:
    """Says that a number stands in two lines, and what may tell them apart."""
    hint = ""
    if not columns.is_long:
        hint = "; a column of numbers is a setting where a comparison names it as one"
    return (
        f"{score.metric} stands in line {line} already, with the same settings and units; "
        f"add a column that tells the two apart, such as seed, fold or image{hint}"
    )


def _network(fields: Fields, columns: Columns) -> Network:
    """The network of a row; a ValueError where its seed or fold is no number."""
    levels = [level_of_text(fields[name]) or "none" for name in columns.settings]
    seed = 0
    fold = None
    if "seed" in columns.units:
        seed = _whole_number("seed", fields["seed"])
    if "fold" in columns.units:
        fold = _whole_number("fold", fields["fold"])
    return Network(tuple(levels), seed, fold)


def _whole_number(column: str, text: str) -> int:
    """A seed or a fold; a ValueError where it is no whole number."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} {text!r} should be a whole number, from 0 on")
    return int(text)


def _scores_of_row(fields: Fields, columns: Columns) -> Iterator[Score]:
    """The numbers of a row; a ValueError where one is none, or what it is of is not named."""
    for name in ("image", "patient"):
        if fields.get(name) == "":
            raise ValueError(f"no {name} is named, though the table has a column of them")
    texts = {name: fields[name] for name in columns.metrics}
    if columns.is_long:
        texts = {fields[METRIC]: fields[VALUE]}
    for metric, text in texts.items():
        if not metric:
            raise ValueError("no metric is named")
        yield Score(metric, _number(metric, text), fields.get("image"), fields.get("patient"))


def _number(metric: str, text: str) -> float:
    """A value; an empty one is not a number."""
    if not text:
        return math.nan
    try:
        return float(text)
    except ValueError:
        remedy = "leave it empty where there is no value"
        raise ValueError(f"{metric} {text!r} should be a number; {remedy}") from None


def _scored_grid(
    path: Path, columns: Columns, networks: Networks, metrics: tuple[str, ...]
) -> ScoredGrid:
    """The trials of a table, one for each network, and its columns as axes."""
    folds = [network.fold for network in networks if network.fold is not None]
    of_trial: dict[str, list[Score]] = {}
    cells = []
    for network, scores in networks.items():
        levels = dict(zip(columns.settings, network.levels, strict=True))
        fold = None
        if network.fold is not None:
            fold = (network.fold, max(folds) + 1)
        fit = ScoredFit(seed=network.seed, fold=fold, columns=levels)
        numbers = digest([list(score) for score in scores])
        trial = ScoredTrial(
            fit, columns=levels, numbers=numbers, metrics=metrics, units=columns.units
        )
        of_trial[trial.key] = scores
        cells.append(Cell(trial, trial.settings))
    axes = [_axis(path, cells) for path in cells[0].levels]
    return ScoredGrid(Scores(path, columns, metrics, of_trial), axes, Expansion(cells, len(cells)))


def _axis(path: str, cells: Sequence[Cell]) -> Axis:
    """A column as an axis: its levels, in the order of the table."""
    levels = dict.fromkeys(cell.levels[path] for cell in cells)
    rows = tuple((level,) for level in levels)
    steps = ((("scores",),),) * len(rows)
    return Axis((path,), rows, steps)
