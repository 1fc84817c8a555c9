"""Colours of the probes' figures. Okabe and Ito's can be told apart with every kind of colour
vision.
"""

from matplotlib.colors import to_rgb

BLACK = "#000000"
GREEN = "#009e73"
ORANGE = "#e69f00"
SKY = "#56b4e9"
PURPLE = "#cc79a7"
VERMILION = "#d55e00"
BLUE = "#0072b2"

GREY = "#9a9a9a"
PALE_GREY = "#e6e6e6"  # of lines behind the data

IMAGE_MAP = "gray"  # matplotlib's names of the maps from values to colours
SALIENCY_MAP = "magma"


def as_bytes(colour: str) -> list[int]:
    """Returns red, green and blue from 0 to 255, for figures that are pixels."""
    return [round(255 * part) for part in to_rgb(colour)]
