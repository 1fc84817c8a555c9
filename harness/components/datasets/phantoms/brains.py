"""Procedural magnetic resonance imaging of brains that are registered to one anatomy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import Array, ramp, smooth, stream, to_bytes
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

Tissue = Literal["tissues", "csf", "gm", "wm"]
OUTSIDE, CSF, GM, WM = range(4)
LABELS = {"csf": CSF, "gm": GM, "wm": WM}
TONES = {
    "t1": (0, 48, 122, 172),
    "t2": (0, 214, 138, 96),
    "flair": (0, 30, 142, 112),
}  # outside, csf, gm, wm
LESION = {"t1": -34, "t2": 60, "flair": 90}


@dataclass(frozen=True)
class Centre:
    """One hospital's scanner."""

    gain: float = 1.0
    gamma: float = 1.0
    bias: float = 0.08  # unevenness of the coil
    noise: float = 5.0
    blur: float = 0.5
    lesions: float = 1.0  # how ill its patients are


CENTRES = {
    "a": Centre(),
    "b": Centre(0.78, 1.25, 0.2, 9.0, 0.7, 2.0),
    "c": Centre(1.2, 0.75, 0.12, 7.0, 1.1, 0.5),
    "d": Centre(0.95, 1.0, 0.3, 14.0, 0.4, 3.0),
}


@dataset(
    version=1,
    drawn=True,
    tasks=("tissues", "csf", "gm", "wm"),
    splits=("train", "validation", "test"),
)
def brains(
    split: str,
    home: Path,
    *,
    modality: Literal["t1", "t2", "flair"] = "t1",
    task: Tissue = "tissues",
    centre: Literal["a", "b", "c", "d"] = "a",
    subjects: Count = 4,
    slices: Count = 8,
    size: Count = 128,
    seed: Whole = 0,
) -> Scans:
    """Procedural brains without skull in three registered modalities; other splits have half as
    many.
    """
    # A subject's modalities show one brain; centres have subjects of their own, all of them bent
    # from one anatomy.
    check_split("brains", split, NAMES)
    count = subjects if split == "train" else (subjects + 1) // 2
    names = [f"{split}-{centre}{i:02d}" for i in range(count)]
    images = []
    masks = []
    ids: list[str] = []
    owners: list[str] = []
    hospital = CENTRES[centre]
    for name in names:
        labels, lesions = _subject(stream("brains", name, seed), (slices, size, size), hospital)
        rng = stream("brains", name, modality, seed)
        images.append(_scan(rng, hospital, modality, labels, lesions))
        masks.append(_mask(task, labels))
        ids.extend(f"{name}-{z:03d}" for z in range(slices))
        owners.extend([name] * slices)
    classes = ("background", "csf", "gm", "wm") if task == "tissues" else ("background", task)
    return Scans(
        np.concatenate(images), np.concatenate(masks), ids, owners, owners, classes=classes
    )


def _mask(task: Tissue, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the labels of all tissues, or a mask of the one that the task names."""
    if task == "tissues":
        return labels
    return (labels == LABELS[task]).astype(np.uint8)


def _subject(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    centre: Centre,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bends the common anatomy into the tissues of one subject, with lesions in its white
    matter.
    """
    z, y, x = _coordinates(shape)
    scale = np.array(shape) / np.array([3.0, 14.0, 14.0])
    for axis in (z, y, x):
        axis += 0.022 * smooth(rng, shape, tuple(scale))
    wide = rng.uniform(0.96, 1.04, 3)
    age = rng.uniform(0.7, 1.5)
    labels = _anatomy(z * wide[0], y * wide[1], x * wide[2], age)
    spots = smooth(rng, shape, (1.2, 0.018 * shape[1] + 0.5, 0.018 * shape[2] + 0.5))
    highest = np.quantile(spots, 1 - 0.006 * centre.lesions)
    lesions = (labels == WM) & (spots > highest)
    return labels, lesions


def _coordinates(shape: tuple[int, int, int]) -> tuple[Array, Array, Array]:
    """Returns z, y and x of every voxel: y and x run from -1 to 1, z over the brain's middle."""
    z = np.linspace(-0.2, 0.5, shape[0], dtype=np.float32)
    y = np.linspace(-1, 1, shape[1], dtype=np.float32)
    x = np.linspace(-1, 1, shape[2], dtype=np.float32)
    return (
        np.broadcast_to(z[:, None, None], shape).copy(),
        np.broadcast_to(y[:, None], shape).copy(),
        np.broadcast_to(x, shape).copy(),
    )


def _furrow(z: Array, y: Array, x: Array) -> Array:
    """Estimates the distance to the nearest furrow of the cortex, the same furrows for everybody.

    Furrows are the zeros of a sum of waves; the sum divided by its slope is the distance.
    """
    rng = stream("brains", "furrows")
    radius = np.sqrt(z * z + y * y + x * x) + np.float32(0.05)
    waves = np.zeros_like(z)
    slope = [np.zeros_like(z) for _ in range(3)]
    for _ in range(24):
        way = rng.normal(size=3)
        k = 17 * way / np.linalg.norm(way)
        along = k[0] * z + k[1] * y + k[2] * np.abs(x) + 0.6 * x
        phase = along / radius + rng.uniform(0, 6.3)
        waves += np.cos(phase)
        for component, frequency in zip(slope, k, strict=True):
            component += frequency * np.sin(phase)
    square_of_slope = sum(component * component for component in slope)
    steep = np.sqrt(square_of_slope)
    return np.abs(waves) / np.maximum(steep, 8) * radius


def _anatomy(z: Array, y: Array, x: Array, age: float) -> NDArray[np.uint8]:
    """Labels cortex folded along furrows and the cleft, white matter, nuclei and ventricles."""
    deep = 1 - np.sqrt((x / 0.74) ** 2 + (y / 0.9) ** 2 + (z / 0.85) ** 2)
    floor = 0.24 + 0.07 * np.cos(5 * y + 3 * z) - 0.06 * np.cos(9 * x)  # furrows end at this depth
    furrow = _furrow(z, y, x) + 1.3 * np.maximum(deep - floor, 0)
    # The cleft parts the halves, but for the beam that joins them.
    beam = ramp(0.42 - np.abs(y), 0, 0.15) * ramp(0.3 - z, 0, 0.1)
    side = np.abs(x)
    cleft = side + 0.4 * beam
    surface = np.minimum(np.minimum(0.75 * deep, furrow), cleft)
    labels = np.full(z.shape, WM, np.uint8)
    labels[surface < 0.047] = GM
    labels[(deep < 0.03 * age) | (furrow < 0.01 * age) | (cleft < 0.014 * age)] = CSF
    # Three pairs of nuclei, then the ventricles: one at each side and one in the middle.
    labels[_ellipsoid(z, y - 0.13, side - 0.17, (0.16, 0.19, 0.11))] = GM
    labels[_ellipsoid(z - 0.02, y + 0.04, side - 0.34, (0.2, 0.2, 0.07))] = GM
    labels[_ellipsoid(z - 0.08, y + 0.24 - 0.2 * z, side - 0.17, (0.25, 0.12, 0.06))] = GM
    horn = 0.09 + 0.1 * np.abs(y + 0.02)
    width = 0.045 + 0.02 * age
    labels[_ellipsoid(z - 0.14, y + 0.04, side - horn, (0.2, 0.42, width))] = CSF
    labels[_ellipsoid(z + 0.02, y - 0.1, x, (0.12, 0.12, 0.02 * age))] = CSF
    labels[deep < 0] = OUTSIDE
    return labels


def _ellipsoid(
    z: Array,
    y: Array,
    x: Array,
    radii: tuple[float, float, float],
) -> NDArray[np.bool_]:
    """Tells which voxels lie inside an ellipsoid around the origin."""
    radius_z, radius_y, radius_x = radii
    squares = (z / radius_z) ** 2 + (y / radius_y) ** 2 + (x / radius_x) ** 2
    return squares < 1


def _scan(
    rng: np.random.Generator,
    centre: Centre,
    modality: str,
    labels: NDArray[np.uint8],
    lesions: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Turns tissues into tones with partial volumes, an uneven coil, and Rician noise."""
    shape = labels.shape
    brain = labels > 0
    tones = np.array(TONES[modality], np.float32)[labels]
    tones += 5 * smooth(rng, shape, (1, 4, 4)) * brain + LESION[modality] * lesions
    blur = 0.4 + centre.blur
    signal = gaussian_filter(tones, (0.35, blur, blur))
    signal = 200 * (np.clip(signal, 0, 255) / 200) ** centre.gamma
    coil = smooth(rng, shape, (4, 0.35 * shape[1], 0.35 * shape[2]))
    signal *= centre.gain * np.exp(centre.bias * coil)
    real = centre.noise * rng.standard_normal(shape, dtype=np.float32)
    imaginary = centre.noise * rng.standard_normal(shape, dtype=np.float32)
    magnitude = np.hypot(signal + real, imaginary)
    return to_bytes(np.where(brain, magnitude, 0))
