"""How electron-microscopy sets differ from one another: sizes in nanometres, tones in grey
levels.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One animal, one preparation and one microscope.

    Pixels are two to three times as wide as the real ones, so that a laptop's crop holds several
    mitochondria.
    """

    section: float  # distance between slices
    pixel: float
    neurite: float = 170.0  # mean radius
    membrane: float = 20.0  # thickness
    share: float = 0.07  # of the volume that is mitochondria
    radius: tuple[float, float] = (100.0, 170.0)  # of mitochondria
    length: tuple[int, int] = (3, 10)  # of mitochondria, in steps of 110 nm
    lookalikes: float = 0.4  # flat or dense bodies per mitochondrion that are not one
    cytoplasm: float = 160.0
    variety: float = 10.0  # of the cytoplasm's tone between neurites
    dark: float = 0.08  # share of neurites with dark cytoplasm
    matrix: float = 105.0  # tone inside mitochondria
    cristae: float = 22.0  # amplitude
    wall: float = 50.0  # tone of membranes
    grain: float = 12.0  # amplitude of the cytoplasm's texture
    blur: float = 0.7  # pixels
    noise: float = 8.0  # white
    haze: float = 4.0  # correlated noise
    flicker: float = 3.0  # brightness of one slice against the next
    jitter: int = 0  # misalignment of the slices, in pixels
    padded: bool = False  # black around the tissue


STYLES = {
    "lucchi": Style(
        section=14,
        pixel=14,
        neurite=180,
        membrane=19,
        share=0.075,
        radius=(110, 180),
        length=(3, 9),
        cytoplasm=160,
        variety=10,
        dark=0.08,
        matrix=104,
        cristae=17,
        wall=58,
        grain=9,
        blur=0.95,
        noise=5,
        haze=5,
        flicker=1,
    ),
    "kasthuri": Style(
        section=30,
        pixel=14,
        neurite=150,
        membrane=20,
        share=0.06,
        radius=(90, 150),
        length=(2, 6),
        cytoplasm=178,
        variety=14,
        dark=0.10,
        matrix=120,
        cristae=26,
        wall=62,
        grain=18,
        blur=0.6,
        noise=13,
        haze=5,
        flicker=5,
        jitter=1,
        padded=True,
    ),
    "vnc": Style(
        section=50,
        pixel=13,
        neurite=200,
        membrane=26,
        share=0.06,
        radius=(110, 200),
        length=(2, 5),
        cytoplasm=172,
        variety=14,
        dark=0.07,
        matrix=84,
        cristae=30,
        wall=22,
        grain=26,
        blur=0.6,
        noise=10,
        haze=9,
        flicker=6,
        jitter=1,
    ),
    "snemi": Style(
        section=30,
        pixel=14,
        neurite=160,
        membrane=28,
        share=0.06,
        radius=(90, 150),
        length=(2, 7),
        cytoplasm=150,
        variety=12,
        dark=0.08,
        matrix=98,
        cristae=20,
        wall=48,
        grain=16,
        blur=0.8,
        noise=16,
        haze=8,
        flicker=4,
        jitter=1,
    ),
    "mitoem_h": Style(
        section=30,
        pixel=17,
        neurite=190,
        membrane=22,
        share=0.055,
        radius=(75, 140),
        length=(3, 12),
        lookalikes=0.6,
        cytoplasm=124,
        variety=10,
        dark=0.08,
        matrix=84,
        cristae=13,
        wall=62,
        grain=11,
        blur=0.9,
        noise=11,
        haze=6,
        flicker=3,
        jitter=1,
    ),
    "mitoem_r": Style(
        section=30,
        pixel=17,
        neurite=200,
        membrane=22,
        share=0.085,
        radius=(110, 200),
        length=(2, 10),
        lookalikes=0.4,
        cytoplasm=190,
        variety=12,
        dark=0.08,
        matrix=112,
        cristae=20,
        wall=70,
        grain=14,
        blur=0.7,
        noise=8,
        haze=4,
        flicker=3,
        jitter=1,
    ),
}
