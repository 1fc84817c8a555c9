"""What a command prints, drawn as a picture of a terminal: SVG, sharp at any size."""

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

COLUMNS = 96
LETTER, LINE, EDGE = 7.9, 19, 18  # pixels: a letter's width, a line's height, the frame
PAPER, INK, PROMPT = "#161b22", "#e6edf3", "#56B4E9"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def terminal_picture(command: str, output: str, *, title: str, marked: Sequence[str] = ()) -> str:
    """The SVG of a command and of what it printed; lines with one of the marked texts stand out."""
    lines = [f"$ {command}", *_screen_lines(output)]
    width = round(2 * EDGE + COLUMNS * LETTER)
    height = 2 * EDGE + LINE * len(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        f'<g font-family="{FONT}" font-size="13" fill="{INK}">',
    ]
    for number, line in enumerate(lines):
        y = EDGE + LINE * number + 13
        parts.append(
            f'<text x="{EDGE}" y="{y}"{_style(number, line, marked)}>{_letters(line)}</text>'
        )
    parts += ["</g>", "</svg>"]
    return "\n".join(parts) + "\n"


def _letters(line: str) -> str:
    """A line as it stands in SVG, where spaces would fall together."""
    return escape(line).replace(" ", "\N{NO-BREAK SPACE}")


def _style(number: int, line: str, marked: Sequence[str]) -> str:
    """The prompt has a colour, a marked line is bold."""
    if number == 0:
        return f' fill="{PROMPT}"'
    if any(text in line for text in marked):
        return ' font-weight="bold" fill="#E69F00"'
    return ""


def _screen_lines(output: str) -> Iterator[str]:
    """The lines as a terminal of so many columns shows them, broken at words."""
    for line in output.rstrip().splitlines():
        indent = len(line) - len(line.lstrip())
        pieces = textwrap.wrap(
            line,
            COLUMNS,
            subsequent_indent=" " * (indent + 4),
            drop_whitespace=True,
            replace_whitespace=False,
        )
        yield from pieces or [""]
