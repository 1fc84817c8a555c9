"""A figure of a report as the files that a journal takes: PDF and SVG with lines and letters, and a
PNG of 300 dots per inch.
"""

import base64
import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.report.figure_styles import POINT, UNIT, style_sheet
from harness.report.svg_shapes import Drawing, Shape, read_drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN = ("pdf", "png")  # the endings of the files that are drawn
DOTS_PER_INCH = 300
INCH = 25.4  # millimetres
MARGIN = 4.0  # units that no letter enters, at both sides
SMALLEST = 7.0  # points of a letter
LINK = re.compile(r"</?a\b[^>]*>")
ALIGNMENT = {"start": "left", "middle": "center", "end": "right"}
FONTS = {"pdf.fonttype": 42, "font.family": ["DejaVu Sans"]}  # letters stay letters in a PDF


def drawn_files(svg: str) -> dict[str, bytes]:
    """The figure as PDF and PNG, by the endings of the files."""
    import matplotlib
    from matplotlib.figure import Figure

    drawing = read_drawing(svg)
    with matplotlib.rc_context(FONTS):
        size = (drawing.width * UNIT / INCH, drawing.height * UNIT / INCH)
        canvas = Figure(figsize=size)
        axes = canvas.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, drawing.width)
        axes.set_ylim(drawing.height, 0)
        axes.set_axis_off()
        for layer, shape in enumerate(drawing.shapes):
            _draw(axes, drawing, shape, layer)
        files = {}
        for ending in DRAWN:
            buffer = io.BytesIO()
            canvas.savefig(buffer, format=ending, dpi=DOTS_PER_INCH, metadata=_metadata(ending))
            files[ending] = buffer.getvalue()
    return files


def _metadata(ending: str) -> dict[str, Any]:
    """What a file says of itself: no time, so that a figure that is alike is a file that is."""
    if ending == "pdf":
        return {"CreationDate": None, "Creator": "harness", "Producer": "harness"}
    return {"Software": "harness"}


def standalone_svg(svg: str) -> str:
    """The figure as a file of its own: with its style and its size, without links."""
    drawing = read_drawing(svg)
    body = LINK.sub("", svg[svg.index(">") + 1 :])
    width = drawing.width * UNIT
    height = drawing.height * UNIT
    box = f"0 0 {drawing.width:g} {drawing.height:g}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"'
    size = f'width="{width:.1f}mm" height="{height:.1f}mm"'
    return f"{head} {size}><style>{style_sheet()}</style>{body}\n"


def _draw(axes: "Axes", drawing: Drawing, shape: Shape, layer: int) -> None:
    """Draws a shape above those before it."""
    match shape.tag:
        case "path":
            _draw_lines(axes, shape, layer)
        case "circle":
            _draw_circle(axes, shape, layer)
        case "rect":
            _draw_rectangle(axes, shape, layer)
        case "text":
            _draw_text(axes, drawing, shape, layer)
        case "image":
            _draw_image(axes, shape, layer)


def _draw_lines(axes: "Axes", shape: Shape, layer: int) -> None:
    """Draws a path, all of its lines as one."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    for line in shape.lines:
        points += line.points
        codes += [Path.MOVETO, *[Path.LINETO] * (len(line.points) - 1)]
        if line.is_closed:
            points.append(line.points[0])
            codes.append(Path.CLOSEPOLY)
    if points:
        axes.add_patch(PathPatch(Path(points, codes), zorder=layer, **_paint(shape.style)))


def _draw_circle(axes: "Axes", shape: Shape, layer: int) -> None:
    from matplotlib.patches import Circle

    radius = float(shape.style["r"])
    axes.add_patch(Circle(shape.start, radius, zorder=layer, **_paint(shape.style)))


def _draw_rectangle(axes: "Axes", shape: Shape, layer: int) -> None:
    from matplotlib.patches import Rectangle

    width = float(shape.style["width"])
    height = float(shape.style["height"])
    rectangle = Rectangle(shape.start, width, height, zorder=layer, **_paint(shape.style))
    axes.add_patch(rectangle)


def _draw_image(axes: "Axes", shape: Shape, layer: int) -> None:
    """Draws a picture that the figure holds, each of its pixels as it is."""
    import numpy as np
    from PIL import Image

    _, data = shape.text.split(",", 1)
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    left, top = shape.start
    right = left + float(shape.style["width"])
    bottom = top + float(shape.style["height"])
    limits = (*axes.get_xlim(), *axes.get_ylim())
    extent = (left, right, bottom, top)
    axes.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", zorder=layer)
    axes.set_xlim(limits[:2])
    axes.set_ylim(limits[2:])


def _paint(style: Mapping[str, str]) -> dict[str, Any]:
    """The colours and the pen of a shape, as matplotlib calls them."""
    fill = style.get("fill", "#000000")
    stroke = style.get("stroke", "none")
    width = float(style.get("stroke-width", "1").removesuffix("px"))
    paint = {
        "facecolor": _colour(fill, style.get("fill-opacity")),
        "edgecolor": _colour(stroke, style.get("stroke-opacity")),
        "linewidth": 0.0 if stroke == "none" else width * POINT,
        "joinstyle": "round",
    }
    if "stroke-dasharray" in style and stroke != "none":
        lengths = map(float, re.split(r"[\s,]+", style["stroke-dasharray"].strip()))
        paint["linestyle"] = (0, [length * POINT for length in lengths])
    return paint


def _colour(colour: str, opacity: str | None) -> Any:
    """A colour of matplotlib, as transparent as it is to be."""
    if colour == "none" or opacity is None:
        return colour
    return (colour, float(opacity))


def _draw_text(axes: "Axes", drawing: Drawing, shape: Shape, layer: int) -> None:
    """Draws a text, no longer than the figure has room; a light edge keeps it off the lines."""
    from matplotlib import patheffects

    style = shape.style
    size = float(style["font-size"].removesuffix("px")) * POINT
    alignment = ALIGNMENT[style.get("text-anchor", "start")]
    text, size = _text_in_room(shape, size, drawing.width)
    setting: dict[str, Any] = {
        "ha": alignment,
        "va": "baseline",
        "fontsize": size,
        "parse_math": False,
    }
    if style.get("font-weight", "") in ("bold", "600", "650"):
        setting["fontweight"] = "bold"
    x, y = shape.start
    if "stroke" in style:
        width = float(style["stroke-width"].removesuffix("px")) * POINT
        edge = patheffects.Stroke(linewidth=width, foreground=style["stroke"])
        axes.text(x, y, text, zorder=layer, path_effects=[edge], color=style["stroke"], **setting)
    axes.text(x, y, text, zorder=layer, color=style["fill"], **setting)


def _text_in_room(shape: Shape, size: float, width: float) -> tuple[str, float]:
    """A text and its size in points: smaller where it is too long, then shorter."""
    x, _ = shape.start
    room = {
        "start": width - MARGIN - x,
        "end": x - MARGIN,
        "middle": 2 * min(x, width - x) - MARGIN,
    }[shape.style.get("text-anchor", "start")]
    text = shape.text
    units = _units_of(text, size)
    if units > room:
        smaller = max(SMALLEST, size * room / units)
        units *= smaller / size
        size = smaller
    if units > room:
        text = text[: int(len(text) * room / units)]
        while len(text) > 2 and _units_of(f"{text}…", size) > room:
            text = text[:-1]
        text = f"{text}…"
    return text, size


def _units_of(text: str, size: float) -> float:
    """How wide a text is, in units of a figure."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, size=size, prop=FontProperties(family="DejaVu Sans"))
    return float(path.get_extents().width) / POINT
