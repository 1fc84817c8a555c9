"""How fluorescent stainings differ from one another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stain:
    """One staining under one microscope.

    Lengths are in pixels, brightness is a share of the camera's range.
    """

    radius: float
    cover: float  # share of the picture that objects take where they do not overlap
    oblong: float = 0.5  # at most, of the longer axis
    rough: float = 0.04  # bumps in the outline
    spread: float = 0.2  # of sizes, and half as much again of brightness
    clumps: float = 0.3  # share of objects that stand in groups
    overlap: float = 0.1  # of two radii
    light: float = 0.45
    haze: float = 0.05  # background
    ghosts: float = 0.1  # objects out of focus, which nobody labelled, for each object in focus
    blur: float = 1.0
    photons: float = 400.0  # at full brightness; the fewer, the noisier


NUCLEI = {
    "culture": Stain(11, 0.22, photons=900),
    "tissue": Stain(9, 0.5, 0.55, 0.05, 0.2, 0.7, 0.22, 0.34, 0.1, 0.5, 1.4, 250),
    "lobed": Stain(14, 0.2, 0.4, 0.2, 0.25, 0.5, 0.2, 0.22, 0.04, 0.2, 0.8, 60),
}
CELLS = {
    "epithelium": Stain(10, 1.0, blur=1.0, light=0.6, haze=0.08, photons=150),
    "ovule": Stain(15, 1.0, spread=0.9, blur=1.6, light=0.45, haze=0.15, photons=400),
    "culture": Stain(21, 0.5, 0.6, 0.14, 0.2, 0.6, 0.1, 0.4, 0.06, 0.2, 1.2, 300),
}
