"""A block of tissue as a style's microscope shows it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from harness.components.datasets.phantoms.em_bodies import DENSE, SKIN, TUBULE, Bodies
from harness.components.datasets.phantoms.em_styles import Style
from harness.components.datasets.phantoms.em_synapses import Synapses, draw_patches, draw_vesicles
from harness.components.datasets.phantoms.em_tissue import Tissue
from harness.components.datasets.phantoms.fields import Array, ramp, smooth, smooth_slices, to_bytes


def expose(
    rng: np.random.Generator,
    style: Style,
    tissue: Tissue,
    bodies: Bodies,
    junctions: Synapses,
) -> NDArray[np.uint8]:
    """Draws every slice: cytoplasm, bodies, vesicles, membranes, then the optics and the noise."""
    images = np.empty(tissue.wall.shape, np.uint8)
    neurites = int(tissue.axes.owner.max()) + 1
    tones = _tones(rng, style, neurites)
    rough = rng.uniform(0.5, 1.3, neurites).astype(np.float32)
    patches = smooth_slices(rng, images.shape, tuple(140 / tissue.voxel))
    grain = np.zeros(images.shape[1:], np.float32)
    # This share of the texture still shows in the next slice.
    lasts = np.float32(np.exp(-style.section / 14))
    contrast = 0.7 * (style.cytoplasm - style.wall)
    for z, slow in enumerate(patches):
        height = z * style.section
        fresh = smooth(rng, grain.shape, (1.1, 1.1))
        grain = lasts * grain + np.sqrt(1 - lasts**2) * fresh
        neurite = tissue.neurite(z)
        tone = tones[neurite] + 7 * slow
        specks = np.minimum(grain, 0.8) + np.minimum(grain + 1.2, 0) + 0.2
        tone += style.grain * (rough[neurite] + 0.3 * slow) * specks
        draw_vesicles(tone, junctions, height, tissue.voxel, contrast)
        _draw_bodies(tone, slow, style, bodies, tissue, z=z)
        draw_patches(tone, junctions, height, tissue, z, tone=contrast)
        _draw_membranes(tone, style, tissue, z)
        images[z] = _detect(rng, style, tone)
    return images


def _tones(rng: np.random.Generator, style: Style, neurites: int) -> Array:
    """Draws the cytoplasm's grey level in each neurite; a few are as dark as mitochondria."""
    tones = style.cytoplasm + style.variety * rng.normal(size=neurites)
    dark = rng.random(neurites) < style.dark
    tones[dark] -= (style.cytoplasm - style.matrix) * rng.uniform(0.4, 1.0, dark.sum())
    return tones.astype(np.float32)


def _draw_bodies(
    tone: Array,
    slow: Array,
    style: Style,
    bodies: Bodies,
    tissue: Tissue,
    *,
    z: int,
) -> None:
    """Paints the matrix, the folds and the outer membrane of the bodies that a slice cuts."""
    pixels = np.nonzero(bodies.which[z])
    if not len(pixels[0]):
        return
    which = bodies.which[z][pixels] - 1
    depth = bodies.depth[z][pixels]
    kind = np.array([body.kind for body in bodies.all])[which]
    crest = np.array([body.crest for body in bodies.all], np.float32)[which]
    fold = np.array([body.fold for body in bodies.all], np.float32)[which]
    matrix = np.array([body.tone for body in bodies.all], np.float32)[which]
    y = pixels[0] * tissue.voxel[1]
    x = pixels[1] * tissue.voxel[2]
    wave = crest[:, 0] * z * style.section + crest[:, 1] * y + crest[:, 2] * x
    across = crest[:, 1] * x - crest[:, 2] * y
    wave += 1.5 * np.sin(0.31 * across + 0.4 * wave) + 0.8 * slow[pixels]
    ridge = (np.cos(wave) + 0.5 * np.sin(0.4 * across + 0.23 * wave)) * ramp(-depth, 8, 24)
    outer = tone[pixels]
    inner = matrix + 0.3 * (outer - style.cytoplasm) + fold * ridge
    painted = outer + ramp(-depth, -3, 7) * (inner - outer)
    width = np.where(kind == TUBULE, 7, 10)
    strength = np.where(kind == DENSE, 0.2, 0.9)
    rim = np.exp(-(((depth + 5) / width) ** 2)) * strength
    membrane = 0.85 * style.wall + 0.15 * style.matrix
    darkening = rim * (depth < SKIN) * (membrane - painted)
    tone[pixels] = painted + darkening.astype(np.float32)


def _draw_membranes(tone: Array, style: Style, tissue: Tissue, z: int) -> None:
    """Paints the membranes; one that leans is wide and pale, because a slice has a thickness."""
    half = style.membrane / 2
    spread = half + 0.4 * style.section * tissue.slant[z].astype(np.float32)
    dark = (1 - ramp(tissue.wall[z] / spread, 0.3, 1.6)) * (half / spread) ** 0.5
    tone += dark * (style.wall - tone)


def _detect(rng: np.random.Generator, style: Style, tone: Array) -> NDArray[np.uint8]:
    """Records one slice: blur, brightness and contrast of the exposure, haze and shot noise."""
    is_out_of_focus = rng.random() < 0.06
    blur = style.blur * (1.7 if is_out_of_focus else 1)
    gain = 1 + 0.012 * style.flicker * rng.normal()
    offset = style.flicker * rng.normal()
    signal = (gaussian_filter(tone, blur, truncate=3.0) - 128) * gain + 128 + offset
    signal += style.haze * smooth(rng, signal.shape, (1.3, 1.3))
    light = np.sqrt(np.clip(signal, 20, 255) / 140)
    signal += style.noise * light * rng.standard_normal(signal.shape, dtype=np.float32)
    darkest = 1 if style.padded else 0  # 0 is left to the padding
    return to_bytes(signal, darkest)
