"""Every figure of a report is a file that a journal takes, and is what the page shows."""

import io
import re
from pathlib import Path

from PIL import Image

from harness.report.axes import svg
from harness.report.figure_files import figures_of_page, write_figures
from harness.report.svg_shapes import read_drawing
from tests.made.latex import complaints
from tests.report.judged import judge_study

INCH = 25.4


def test_every_figure_of_the_page_is_a_file_in_three_formats(tmp_path: Path) -> None:
    html = judge_study(tmp_path).html
    folder = tmp_path / "figures"
    paths = write_figures(html, folder)
    count = html.count("<svg")
    assert count > 3
    assert len(paths) == 3 * count
    first = next(figures_of_page(html))
    assert first.title == "start"
    assert first.name == "compare-0-1"
    with Image.open(folder / "compare-0-1.png") as picture:
        assert abs(picture.width / 300 * INCH - 85) < 0.2
        assert round(picture.info["dpi"][0]) == 300
    pdf = (folder / "compare-0-1.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/Subtype /Image" not in pdf
    assert b"/Font" in pdf
    text = (folder / "compare-0-1.svg").read_text()
    assert 'width="85.0mm"' in text
    assert "<a " not in text
    assert read_drawing(text).shapes
    floats = (folder / "figures.tex").read_text()
    assert floats.count(r"\begin{figure}") == count
    graphics = rf"\graphicspath{{{{{folder}/}}}}"
    assert complaints(f"{graphics}\n{floats}", tmp_path) == []


def test_only_what_changed_is_drawn_again_and_what_is_gone_is_removed(tmp_path: Path) -> None:
    page = '<section id="{0}"><h2>one</h2><figure>{1}</figure></section>'
    first = page.format("a", svg(['<path class="line" d="M1 1L9 9"/>'], 20, "a line"))
    second = page.format("b", svg(['<circle class="dot" cx="5" cy="5" r="3"/>'], 20, "a dot"))
    write_figures(first + second, tmp_path)
    (tmp_path / "mine.png").touch()
    unchanged = (tmp_path / "a-1.pdf").stat().st_mtime_ns
    changed = second.replace('r="3"', 'r="4"')
    before = (tmp_path / "b-1.png").read_bytes()
    write_figures(first + changed, tmp_path)
    assert (tmp_path / "a-1.pdf").stat().st_mtime_ns == unchanged
    assert (tmp_path / "b-1.png").read_bytes() != before
    write_figures(first, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a-1.pdf", "a-1.png", "a-1.svg", "figures.tex", "mine.png"]


def test_a_figure_is_drawn_as_the_page_has_it(tmp_path: Path) -> None:
    parts = [
        '<rect class="box" x="100" y="10" width="50" height="30" style="fill:#ff0000"/>',
        '<g transform="translate(200 10)"><path d="M0 0h50v30h-50z" fill="#00ff00"/></g>',
        '<text class="name" x="14" y="70"><title>hidden</title>a long name</text>',
    ]
    html = f"<h2>x</h2>{svg(parts, 80, 'shapes')}"
    write_figures(html, tmp_path)
    with Image.open(tmp_path / "figure-1.png") as picture:
        pixels = picture.convert("RGB")
        scale = picture.width / 480
    middle = round((26 + 25) * scale)
    assert pixels.getpixel((round(125 * scale), middle)) == (255, 0, 0)
    assert pixels.getpixel((round(225 * scale), middle)) == (0, 255, 0)
    assert pixels.getpixel((round(400 * scale), middle)) == (255, 255, 255)
    assert b"hidden" not in (tmp_path / "figure-1.pdf").read_bytes()


def test_letters_have_seven_to_eight_points(tmp_path: Path) -> None:
    long_name = "a name that has far more letters than a column of a journal has room for, indeed"
    html = svg([f'<text class="name" x="14" y="20">{long_name}</text>'], 40, "a name")
    write_figures(html, tmp_path)
    style = (tmp_path / "figure-1.svg").read_text()
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", style)]
    points = [size * 85 / 480 * 72 / INCH for size in sizes]
    assert points
    assert all(7 <= size <= 8.1 for size in points)
    picture = Image.open(io.BytesIO((tmp_path / "figure-1.png").read_bytes())).convert("L")
    right_edge = picture.crop((picture.width - 6, 0, picture.width, picture.height))
    assert right_edge.getextrema() == (255, 255)
