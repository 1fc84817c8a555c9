"""Where a named data set lies under HARNESS_DATA, and what its files must look like."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data.fetch.sources import how_to_get
from harness.data.files import open
from harness.data.files.lazy import Lazy, join_images
from harness.data.masks import with_objects as objects_labels
from harness.data.refused import Refused, sizes
from harness.data.scans import Scans
from harness.data.splits import check_split

Part = tuple[str, Lazy, Lazy | None]  # the name of a volume, its images, its masks


def root(home: Path, name: str) -> Path:
    """The folder of a named data set."""
    folder = Path(home).expanduser() / name
    if not folder.is_dir():
        raise Refused(f"{folder}: {name} is not here; {how_to_get(name)}")
    return folder


def inside(folder: Path, *choices: str) -> Path:
    """The first of `choices` that exists in the folder, or in a folder right below it, as archives often have one."""
    below = sorted(p for p in folder.iterdir() if p.is_dir())
    for choice in choices:
        for start in (folder, *below):
            if (start / choice).exists():
                return start / choice
    wanted = " or ".join(choices)
    raise Refused(f"{folder}: there is no {wanted} in it; {how_to_get(folder.name)}")


def expect(path: Path, images: Lazy, shape: Sequence[int | None]) -> Lazy:
    """Refuses a volume of another size; None stands for any."""
    found = (len(images), *images.shapes[0]) if len(images) else (0,)
    if len(found) != len(shape) or any(
        e is not None and e != f for e, f in zip(shape, found, strict=True)
    ):
        wanted = " x ".join("any" if e is None else str(e) for e in shape)
        raise Refused(
            f"{path}: {sizes(found)} (z, y, x); this data set has {wanted}, so files are missing or others"
        )
    return images


def paired(path: Path, images: Lazy, masks: Lazy) -> None:
    """Refuses masks that do not lie on their images."""
    for i, (ours, theirs) in enumerate(zip(images.shapes, masks.shapes, strict=False)):
        if ours[:2] != theirs[:2]:
            raise Refused(
                f"{path}: mask {i} is {sizes(theirs[:2])}, its image is {sizes(ours[:2])}"
            )
    if len(images) != len(masks):
        raise Refused(
            f"{path}: {len(masks)} masks for {len(images)} images; fetch the data set again"
        )


def cut(name: str, table: Mapping[str, tuple[int, int]], split: str, count: int) -> range:
    """The slices of a split of a named data set; 'all' is every slice."""
    check_split(name, split, [*table, "all"])
    return range(count) if split == "all" else range(*table[split])


def names(volume: str, count: int) -> list[str]:
    """One name per slice."""
    return [f"{volume}/{z:04d}" for z in range(count)]


def scans(parts: Sequence[Part], sources: Sequence[Path], **facts: Any) -> Scans:
    """Several volumes as one split; a volume is its own group."""
    if not parts:
        raise Refused("no volume is left in this split; check its options")
    ids = [i for volume, images, _ in parts for i in names(volume, len(images))]
    volumes = [volume for volume, images, _ in parts for _ in range(len(images))]
    masks = [m for _, _, m in parts if m is not None]
    images = open.with_checked_pixels(join_images([images for _, images, _ in parts]), ids)
    found = Scans(
        images, join_images(masks) if masks else None, ids, volumes, volumes, sources=tuple(sources)
    )
    return replace(found, **facts)


def objects(
    parts: Sequence[tuple[str, Lazy, Lazy]],
    sources: Sequence[Path],
    task: str,
    noun: str,
    *,
    ignore: int | None = None,
    **facts: Any,
) -> Scans:
    """Several volumes whose masks number objects: as they are for the task 'instances', one class for any other."""
    found = scans([(name, images, None) for name, images, _ in parts], sources, **facts)
    return objects_labels(found, join_images([masks for _, _, masks in parts]), task, noun, ignore)


def numbered(folder: Path, pattern: str, numbers: Sequence[int]) -> list[Path]:
    """Files that carry these numbers, e.g. 'im%04d.png'; a missing one is named."""
    found = [folder / (pattern % n) for n in numbers]
    lost = [p for p in found if not p.exists()]
    if lost:
        raise Refused(
            f"{lost[0]}: the slice is missing, with {len(lost) - 1} others; fetch the data set again"
        )
    return found


def pictures_in(folder: Path, endings: Sequence[str] = open.PICTURES) -> list[Path]:
    """The pictures of a folder in the order of their numbers."""
    if not folder.is_dir():
        raise Refused(
            f"{folder}: the folder is missing; fetch the data set again, or look where its files lie"
        )
    found = [
        p
        for p in folder.iterdir()
        if p.name.lower().endswith(tuple(endings)) and not p.name.startswith(".")
    ]
    if not found:
        raise Refused(f"{folder}: there are no pictures in it ({', '.join(endings)})")
    return sorted(found, key=open.by_number)
