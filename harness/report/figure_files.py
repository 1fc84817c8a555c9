"""The figures of a report as files beside it: each that stands on the page, with its title and its
caption.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from harness.report.drawn_files import DRAWN, drawn_files, standalone_svg
from harness.report.figure_styles import COLUMN, PAGE, UNIT
from harness.report.formats import with_capital
from harness.report.latex import breakable_latex
from harness.store import write

CAPTIONS = "figures.tex"  # a float for each figure
COLUMN_FIGURE = r"\columnfigure"  # commands of LaTeX that take a figure as wide as it was drawn
PAGE_FIGURE = r"\pagefigure"
TITLE = 26  # units above a figure that its title takes
TITLE_LINE = 18  # where the title stands

# What a page is read by: its sections, their headings, its figures and what stands below each.
PART = re.compile(
    r'<section id="(?P<section>[^"]+)"'
    r"|<h2[^>]*>(?P<heading>.*?)</h2>"
    r"|<(?:h3|summary)[^>]*>(?P<subheading>.*?)</(?:h3|summary)>"
    r"|(?P<svg><svg\b.*?</svg>)(?:\s*<figcaption[^>]*>(?P<caption>.*?)</figcaption>)?",
    re.DOTALL,
)
BADGE = re.compile(r"<span\b.*?</span>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
INCLUDED = re.compile(r"^\\(?:column|page)figure\{(.+?)\.pdf\}", re.MULTILINE)
LABEL = re.compile(r'aria-label="([^"]*)"')


@dataclass(frozen=True)
class PageFigure:
    """A figure of the page: what its files are called, its title, what it shows, and itself."""

    name: str
    title: str
    caption: str
    svg: str

    @property
    def is_wide(self) -> bool:
        """Whether it is wider than a column."""
        match = VIEW.search(self.svg)
        return match is not None and float(match.group(1)) * UNIT > COLUMN + 1


def figures_of_page(html: str) -> Iterator[PageFigure]:
    """Every figure of a page, in its order."""
    section = ""
    heading = ""
    subheading = ""
    counts: Counter[str] = Counter()
    titles: set[str] = set()
    for match in PART.finditer(html):
        part = match.groupdict()
        if part["section"] is not None:
            section = part["section"]
            heading = subheading = ""
        elif part["heading"] is not None:
            heading = _plain(BADGE.sub("", part["heading"]))
            subheading = ""
        elif part["subheading"] is not None:
            subheading = _plain(part["subheading"])
        else:
            counts[section] += 1
            title = " · ".join(filter(None, (heading, subheading)))
            label = LABEL.search(part["svg"])
            text = _plain(label.group(1) if label else "")
            if title and title in titles:  # several figures below one heading
                title = f"{title} · {text}"
            titles.add(title)
            caption = _plain(part["caption"] or "") or text
            name = f"{section or 'figure'}-{counts[section]}"
            yield PageFigure(name, title, caption, part["svg"])


def _plain(html: str) -> str:
    """The text of a piece of a page, in one line."""
    return " ".join(unescape(TAG.sub("", html)).split())


def write_figures(html: str, folder: Path) -> list[Path]:
    """Writes every figure of a page as SVG, PDF and PNG, and a LaTeX file with their captions.

    A figure that is there already, as it is on the page, is not drawn again; one that the page of
    an earlier call had, and this one has not, is removed.
    """
    figures = list(figures_of_page(html))
    _remove_others(folder, {figure.name for figure in figures})
    paths = []
    for figure in figures:
        paths += _write_figure(figure, folder)
    if figures:
        write(folder / CAPTIONS, figures_latex(figures))
    return paths


def _write_figure(figure: PageFigure, folder: Path) -> list[Path]:
    """Writes the files of a figure; the SVG last, as it says what the others show."""
    folder.mkdir(parents=True, exist_ok=True)
    svg = with_title(figure.svg, figure.title)
    by_itself = standalone_svg(svg)
    paths = {ending: folder / f"{figure.name}.{ending}" for ending in (*DRAWN, "svg")}
    is_whole = all(path.is_file() for path in paths.values())
    if is_whole and paths["svg"].read_text(encoding="utf-8") == by_itself:
        return list(paths.values())
    for ending, content in drawn_files(svg).items():
        paths[ending].write_bytes(content)
    paths["svg"].write_text(by_itself, encoding="utf-8")
    return list(paths.values())


def _remove_others(folder: Path, names: Collection[str]) -> None:
    """Removes the figures that were written before and are no longer on the page."""
    captions = folder / CAPTIONS
    if not captions.is_file():
        return
    for name in INCLUDED.findall(captions.read_text(encoding="utf-8")):
        if name not in names:
            for ending in (*DRAWN, "svg"):
                (folder / f"{name}.{ending}").unlink(missing_ok=True)
    captions.unlink()


def with_title(svg: str, title: str) -> str:
    """A figure with its title above it."""
    if not title:
        return svg
    match = VIEW.search(svg)
    if match is None:
        return svg
    width, height = match.groups()
    taller = f'viewBox="0 0 {width} {float(height) + TITLE:g}"'
    head, body = svg.split(">", 1)
    body = body.removesuffix("</svg>")
    text = f'<text class="title" x="14" y="{TITLE_LINE}">{escape(title)}</text>'
    moved = f'<g transform="translate(0 {TITLE})">{body}</g>'
    return f"{VIEW.sub(taller, head)}>{text}{moved}</svg>"


def figures_latex(figures: Sequence[PageFigure]) -> str:
    """A float of LaTeX for each figure, to be taken into a paper with its caption."""
    parts = [r"% needs \usepackage{graphicx}, and \graphicspath where the figures lie elsewhere"]
    for name, kind, width in ((COLUMN_FIGURE, "column", COLUMN), (PAGE_FIGURE, "text", PAGE)):
        room = rf"\{kind}width"
        narrow = rf"\includegraphics[width={room}]{{#1}}"
        usual = rf"\includegraphics[width={width:.0f}mm]{{#1}}"
        choice = rf"\ifdim{room}<{width:.0f}mm{narrow}\else{usual}\fi"
        parts.append(rf"\providecommand{{{name}}}[1]{{{choice}}}")
    for figure in figures:
        parts += _float(figure)
    return "\n".join(parts) + "\n"


def _float(figure: PageFigure) -> list[str]:
    """The lines of a figure with its caption."""
    star = "*" if figure.is_wide else ""
    command = PAGE_FIGURE if figure.is_wide else COLUMN_FIGURE
    sentences = [with_capital(text).rstrip(".") for text in (figure.title, figure.caption) if text]
    caption = breakable_latex(". ".join(sentences))
    return [
        "",
        rf"\begin{{figure{star}}}",
        r"\centering",
        rf"{command}{{{figure.name}.pdf}}",
        rf"\caption{{{caption}.}}",
        rf"\label{{fig:{figure.name}}}",
        rf"\end{{figure{star}}}",
    ]
