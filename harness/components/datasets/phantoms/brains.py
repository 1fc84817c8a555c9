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
    made=True,
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
    """Procedural brains without skull in three modalities, registered; other splits have half the subjects."""
    # A subject's modalities show one brain; centres have subjects of their own, all of them bent from one anatomy.
    check_split("brains", split, NAMES)
    count = subjects if split == "train" else (subjects + 1) // 2
    names = [f"{split}-{centre}{i:02d}" for i in range(count)]
    images, masks = [], []
    for name in names:
        labels, ill = _subject(stream("brains", name, seed), (slices, size, size), CENTRES[centre])
        images.append(
            _scan(stream("brains", name, modality, seed), CENTRES[centre], modality, labels, ill)
        )
        masks.append(labels if task == "tissues" else (labels == LABELS[task]).astype(np.uint8))
    ids = [f"{name}-{z:03d}" for name in names for z in range(slices)]
    owners = [name for name in names for _ in range(slices)]
    classes = ("background", "csf", "gm", "wm") if task == "tissues" else ("background", task)
    return Scans(
        np.concatenate(images), np.concatenate(masks), ids, owners, owners, classes=classes
    )


def _subject(
    rng: np.random.Generator, shape: tuple[int, int, int], centre: Centre
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The tissues of one subject, and lesions in its white matter."""
    z, y, x = _places(shape)
    scale = np.array(shape) / np.array([3.0, 14.0, 14.0])
    for axis in (z, y, x):
        axis += 0.022 * smooth(rng, shape, tuple(scale))
    wide, aged = rng.uniform(0.96, 1.04, 3), rng.uniform(0.7, 1.5)
    labels = _anatomy(z * wide[0], y * wide[1], x * wide[2], aged)
    spots = smooth(rng, shape, (1.2, 0.018 * shape[1] + 0.5, 0.018 * shape[2] + 0.5))
    ill = (labels == WM) & (spots > np.quantile(spots, 1 - 0.006 * centre.lesions))
    return labels, ill


def _places(shape: tuple[int, int, int]) -> list[Array]:
    """Where each voxel lies, between -1 and 1 across the picture; slices cover the middle of the brain."""
    ends = zip((-0.2, -1, -1), (0.5, 1, 1), shape, strict=True)
    z, y, x = (np.linspace(low, high, n, dtype=np.float32) for low, high, n in ends)
    return [np.broadcast_to(part, shape).copy() for part in (z[:, None, None], y[:, None], x)]


def _furrow(z: Array, y: Array, x: Array) -> Array:
    """How far it is to the nearest furrow of the cortex, along the surface; the same furrows for everybody."""
    rng = stream("brains", "furrows")
    far = np.sqrt(z * z + y * y + x * x) + np.float32(0.05)
    waves, slope = np.zeros_like(z), [np.zeros_like(z) for _ in range(3)]
    for _ in range(24):
        way = rng.normal(size=3)
        k = 17 * way / np.linalg.norm(way)
        phase = (k[0] * z + k[1] * y + k[2] * np.abs(x) + 0.6 * x) / far + rng.uniform(0, 6.3)
        waves += np.cos(phase)
        for part, along in zip(slope, k, strict=True):
            part += along * np.sin(phase)
    steep = np.sqrt(sum(part * part for part in slope))
    return np.abs(waves) / np.maximum(steep, 8) * far


def _anatomy(z: Array, y: Array, x: Array, aged: float) -> NDArray[np.uint8]:
    """Cortex folded along furrows and the cleft between the halves, white matter, nuclei and ventricles."""
    deep = 1 - np.sqrt((x / 0.74) ** 2 + (y / 0.9) ** 2 + (z / 0.85) ** 2)
    ends = 0.24 + 0.07 * np.cos(5 * y + 3 * z) - 0.06 * np.cos(9 * x)  # where furrows do
    furrow = _furrow(z, y, x) + 1.3 * np.maximum(deep - ends, 0)
    beam = ramp(0.42 - np.abs(y), 0, 0.15) * ramp(0.3 - z, 0, 0.1)  # the halves are joined here
    cleft = np.abs(x) + 0.4 * beam
    labels = np.full(z.shape, WM, np.uint8)
    labels[np.minimum(np.minimum(0.75 * deep, furrow), cleft) < 0.047] = GM
    labels[(deep < 0.03 * aged) | (furrow < 0.01 * aged) | (cleft < 0.014 * aged)] = CSF
    for side, front, height, radii in (
        (0.17, 0.13, 0.0, (0.16, 0.19, 0.11)),
        (0.34, -0.04, 0.02, (0.2, 0.2, 0.07)),
    ):
        labels[_ball(z - height, y - front, np.abs(x) - side, radii)] = GM
    labels[_ball(z - 0.08, y + 0.24 - 0.2 * z, np.abs(x) - 0.17, (0.25, 0.12, 0.06))] = GM
    horn = 0.09 + 0.1 * np.abs(y + 0.02)
    labels[_ball(z - 0.14, y + 0.04, np.abs(x) - horn, (0.2, 0.42, 0.045 + 0.02 * aged))] = CSF
    labels[_ball(z + 0.02, y - 0.1, x, (0.12, 0.12, 0.02 * aged))] = CSF
    labels[deep < 0] = OUTSIDE
    return labels


def _ball(z: Array, y: Array, x: Array, radii: tuple[float, float, float]) -> NDArray[np.bool_]:
    return (z / radii[0]) ** 2 + (y / radii[1]) ** 2 + (x / radii[2]) ** 2 < 1


def _scan(
    rng: np.random.Generator,
    centre: Centre,
    modality: str,
    labels: NDArray[np.uint8],
    ill: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Tones with partial volumes, an uneven coil, the centre's contrast, and Rician noise."""
    tones = np.array(TONES[modality], np.float32)[labels]
    tones += 5 * smooth(rng, labels.shape, (1, 4, 4)) * (labels > 0) + LESION[modality] * ill
    seen = gaussian_filter(tones, (0.35, 0.4 + centre.blur, 0.4 + centre.blur))
    seen = 200 * (np.clip(seen, 0, 255) / 200) ** centre.gamma
    coil = smooth(rng, labels.shape, (4, 0.35 * labels.shape[1], 0.35 * labels.shape[2]))
    seen *= centre.gain * np.exp(centre.bias * coil)
    real, imaginary = (
        centre.noise * rng.standard_normal(labels.shape, dtype=np.float32) for _ in range(2)
    )
    return to_bytes(np.where(labels > 0, np.hypot(seen + real, imaginary), 0))
