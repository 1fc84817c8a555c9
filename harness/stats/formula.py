"""A formula and its table -> columns that statsmodels can be trusted with."""

import ast
import re
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pandas as pd

from harness.stats.result import Array, Term

WORD = r"[A-Za-z_][\w.]*"
FACTOR = r"\bC\(\s*([A-Za-z_][\w.]*)\s*\)"


@dataclass(frozen=True)
class Coded:
    """A formula and its table in the form that statsmodels can be trusted with."""

    formula: str
    frame: pd.DataFrame
    names: dict[str, str]
    means: dict[str, float] = field(default_factory=dict)  # of numeric factors, which are centred

    def readable(self, term: object) -> str:
        """A term in the words of the study."""
        return re.sub(
            r"\bv\d+\b",
            lambda word: self.names[word[0]],
            re.sub(r"C\((v\d+), Sum\)", r"\1", str(term)),
        )

    def with_places(self, terms: list[Term]) -> tuple[Term, ...]:
        """Terms that say where they are taken: an effect that goes along with a numeric factor is
        that at the factor's mean.
        """
        factors = [set(term.name.split(":")) for term in terms]
        located = []
        for term, own in zip(terms, factors, strict=True):
            beside: dict[str, None] = {}
            for larger in factors:
                if own < larger:
                    beside.update(dict.fromkeys(sorted(larger - own)))
            texts = [f"{name} = {self.means[name]:.4g}" for name in beside if name in self.means]
            located.append(replace(term, taken_at=", ".join(texts)))
        return tuple(located)


def code(table: pd.DataFrame, formula: str) -> Coded:
    """Columns under plain names, factors with sum contrasts, and numeric factors about their
    mean.
    """
    bare = re.sub(FACTOR, r"\1", formula)
    words = list(dict.fromkeys(re.findall(WORD, bare)))
    _check(table, formula, bare, words)
    aliases = {word: f"v{i}" for i, word in enumerate(words)}
    marked = set(re.findall(FACTOR, formula))
    factors = {w for w in words if w in marked or not pd.api.types.is_numeric_dtype(table[w])}
    # With treatment contrasts, the default, a "main effect" beside an interaction is the effect in
    # one reference cell.
    coded = re.sub(
        WORD, lambda w: f"C({aliases[w[0]]}, Sum)" if w[0] in factors else aliases[w[0]], bare
    )
    try:
        ast.parse(coded.split("~")[1].strip().replace(":", "*"), mode="eval")
    except SyntaxError:
        raise ValueError(f"{formula}: the right side is not a formula") from None
    frame = table[words].rename(columns=aliases)
    # Beside an interaction an effect is that where the other factor is 0: of a number, its mean.
    means = {}
    for word in words[1:]:
        if word not in factors:
            means[word] = float(table[word].mean())
            frame[aliases[word]] = frame[aliases[word]] - means[word]
    return Coded(coded, frame, {alias: word for word, alias in aliases.items()}, means)


def check_estimable(formula: str, coded: Coded, design: Array) -> None:
    """Refuses a table that cannot tell the effects of a formula apart, and says which cell it
    lacks.
    """
    if np.linalg.matrix_rank(design) == design.shape[1]:
        return
    text = f"{formula}: the rows cannot tell all effects apart"
    empty = _empty_cell(coded)
    if empty:
        text += f"; there is no row with {empty}, and + for * asks for main effects alone"
    raise ValueError(text)


def _empty_cell(coded: Coded) -> str:
    """The first combination of levels that no row has; nothing where all are there."""
    columns = []
    for alias, word in coded.names.items():
        if f"C({alias}, Sum)" in coded.formula:
            columns.append((alias, word))
    aliases = [alias for alias, _ in columns]
    rows = set(map(tuple, coded.frame[aliases].to_numpy().tolist()))
    levels = [sorted(set(coded.frame[alias].tolist()), key=str) for alias in aliases]
    for cell in product(*levels):
        if cell not in rows:
            pairs = zip(columns, cell, strict=True)
            return ", ".join(f"{word} = {level}" for (_, word), level in pairs)
    return ""


def _check(table: pd.DataFrame, formula: str, bare: str, words: list[str]) -> None:
    """Only columns and operators pass: statsmodels runs a formula as Python."""
    if stray := re.sub(WORD, "", bare).strip("~+-*:/()0123456789 \n"):
        raise ValueError(
            f"{formula}: a formula holds columns, C(column) and ~ + - * : / ( ) and numbers, "
            f"not {stray[0]!r}"
        )
    for word in words:
        if word not in table.columns:
            raise ValueError(
                f"{formula}: the table has no column {word!r}; there are {column_names(table)}"
            )
        if missing := int(table[word].isna().sum()):
            raise ValueError(f"{formula}: {missing} of {len(table)} rows have no {word}")
    if bare.count("~") != 1 or bare.split("~")[0].strip() not in words:
        raise ValueError(f"{formula}: a formula reads 'metric ~ factor * factor'")


def column_names(table: pd.DataFrame) -> str:
    """The columns of a table, for a message."""
    return ", ".join(map(str, table.columns))
