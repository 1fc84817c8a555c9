"""The tables of a study as sections of the page: the paper's layout, every number with its runs."""

from collections.abc import Iterable, Iterator
from html import escape

from harness.judge.tables import Entry, Tabulated
from harness.report.heatmap import ranges, scale, tinted
from harness.report.paper_tables import (
    blocks,
    column_names,
    corner,
    headings,
    labels,
    legend,
    ours,
    remarks,
    row_names,
    theirs,
)

Anchors = dict[tuple[int, tuple[str, ...]], str]  # row, runs -> where the page lists them


def laid_out(tables: Iterable[Tabulated]) -> Iterator[str]:
    """A section for each table."""
    for t, found in enumerate(tables):
        one, anchors = found.table, _anchors(t, found)
        parts = [
            f'<section id="table-{t}"><h2>{escape(one.name)} <span class="badge">unit: {escape(one.unit)}</span></h2>',
            f'<p class="verdict">{escape(one.title)}</p>' if one.title else "",
            *(_table(found, block, anchors) for block in blocks(found)),
            scale(found),
            f'<p class="legend">{escape(_upper(legend(found, "in grey")))}.</p>',
            "".join(f"<li>{escape(_upper(text))}</li>" for text in remarks(found)).join(
                ("<ul>", "</ul>")
            ),
            _runs(found, anchors),
            "</section>",
        ]
        yield "\n".join(part for part in parts if part and part != "<ul></ul>")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(found: Tabulated, block: list[int], anchors: Anchors) -> str:
    heads, names = headings(found, block), corner(found)
    lines = []
    for depth, line in enumerate(heads):
        last = depth == len(heads) - 1
        cells = [f'<th class="label">{escape(name) if last else ""}</th>' for name in names]
        cells += [
            f'<th colspan="{span}" scope="colgroup">{escape(text)}</th>' for text, span in line
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "".join(_line(found, block, i, anchors) for i in range(len(found.rows)))
    head = f"<thead>{''.join(lines)}</thead>"
    return (
        f'<div class="across"><table class="cards paper">{head}<tbody>{body}</tbody></table></div>'
    )


def _line(found: Tabulated, block: list[int], i: int, anchors: Anchors) -> str:
    named, columns, within = labels(found)[i], column_names(found), ranges(found)
    fresh = ' class="fresh"' if i and len(named) > 1 and not named[-2][1] else ""
    cells = [
        f'<th class="label{" again" if again else ""}" scope="row">{escape(name)}</th>'
        for name, again in named
    ]
    for j in block:
        entry = found.entries[i][j]
        style = tinted(entry.mean, within.get(found.columns[j].metric))
        text = _cell(found, entry, anchors.get((i, entry.runs)))
        cells.append(f'<td data-k="{escape(columns[j])}"{style}>{text}</td>')
    return f"<tr{fresh}>{''.join(cells)}</tr>"


def _cell(found: Tabulated, entry: Entry, anchor: str | None) -> str:
    text = escape(ours(entry))
    text = f"<b>{text}</b>" if entry.best else text
    mine = f'<a href="#{anchor}">{text}</a> <small>({entry.n})</small>' if anchor else text
    other = theirs(found, entry)
    return (
        f'<span>{mine}</span><span class="theirs">{escape(other)}</span>'
        if other
        else f"<span>{mine}</span>"
    )


def _anchors(t: int, found: Tabulated) -> Anchors:
    """One list of runs serves all the cells of a row that were measured in the same runs."""
    places = dict.fromkeys(
        (i, n.runs) for i, line in enumerate(found.entries) for n in line if n.runs
    )
    return {place: f"table-{t}-runs-{k}" for k, place in enumerate(places)}


def _runs(found: Tabulated, anchors: Anchors) -> str:
    rows, columns = row_names(found), column_names(found)
    lines = []
    for (i, runs), anchor in anchors.items():
        here = [
            name
            for name, entry in zip(columns, found.entries[i], strict=True)
            if entry.runs == runs
        ]
        where = rows[i] if len(here) == len(columns) else f"{rows[i]}: {', '.join(here)}"
        links = " ".join(f'<a href="#run-{escape(run)}">{escape(run[:8])}</a>' for run in runs)
        lines.append(f'<tr id="{anchor}"><td>{escape(where)}</td><td>{links}</td></tr>')
    if not lines:
        return ""
    return f"<details><summary>Runs behind each number</summary><table>{''.join(lines)}</table></details>"
