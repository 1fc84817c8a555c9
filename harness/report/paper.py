"""What of a report can go into a paper: its figures, methods, checklists and references."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the methods, with what it is about."""

    title: str
    text: str


@dataclass(frozen=True)
class ChecklistItem:
    """What a checklist asks for, and the answer; empty where only the author can give one."""

    number: str
    question: str
    answer: str = ""


@dataclass(frozen=True)
class Checklist:
    """A checklist of a journal or of a consortium, answered as far as the records go."""

    title: str
    items: Sequence[ChecklistItem]


@dataclass(frozen=True)
class ShownFigure:
    """A figure that stands right below the answer."""

    drawing: Markup
    caption: str


@dataclass(frozen=True)
class Paper:
    """Everything that the page shows beside design, verdicts and provenance."""

    figures: Sequence[ShownFigure] = ()
    curves: Sequence[Markup] = ()
    curves_legend: str = ""
    methods: Sequence[Paragraph] = ()
    checklists: Sequence[Checklist] = ()
    checklist_legend: str = ""
    bibtex: str = ""
    bibtex_file: str = "references.bib"


NO_PAPER = Paper()
