"""Where a named data set lies under HARNESS_DATA, and what its files must look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.data.fetch.sources import how_to_get
from harness.data.files import open
from harness.data.files.lazy import Image, Lazy, join_images
from harness.data.masks import with_objects
from harness.data.refused import Refused, sizes
from harness.data.scans import Scans
from harness.data.splits import check_split


@dataclass(frozen=True)
class Volume:
    """A volume of a named data set: its images along z, and their masks where it has some."""

    name: str
    images: Lazy
    masks: Lazy | None


def dataset_folder(home: Path, name: str) -> Path:
    """The folder of a named data set."""
    folder = Path(home).expanduser() / name
    if not folder.is_dir():
        raise Refused(f"{folder}: {name} is not here; {how_to_get(name)}")
    return folder


def find_inside(folder: Path, *choices: str) -> Path:
    """The first of `choices` that exists in the folder, or in a folder right below it.

    Archives often hold such a folder around everything else.
    """
    subfolders = sorted(path for path in folder.iterdir() if path.is_dir())
    for choice in choices:
        for start in (folder, *subfolders):
            if (start / choice).exists():
                return start / choice
    alternatives = " or ".join(choices)
    raise Refused(f"{folder}: there is no {alternatives} in it; {how_to_get(folder.name)}")


def expect_shape(path: Path, images: Lazy, expected: tuple[int, ...]) -> Lazy:
    """The same volume; one of another shape is refused."""
    shape = (len(images), *images.shapes[0]) if len(images) else (0,)
    if shape != expected:
        difference = f"{sizes(shape)} (z, y, x); this data set has {sizes(expected)}"
        raise Refused(f"{path}: {difference}, so files are missing or others")
    return images


def check_masks_fit(path: Path, images: Lazy, masks: Lazy) -> None:
    """Refuses masks that do not lie on their images."""
    pairs = zip(images.shapes, masks.shapes, strict=False)
    for index, (image_shape, mask_shape) in enumerate(pairs):
        image_size = image_shape[:2]
        mask_size = mask_shape[:2]
        if image_size != mask_size:
            difference = f"mask {index} is {sizes(mask_size)}, its image is {sizes(image_size)}"
            raise Refused(f"{path}: {difference}")
    if len(images) != len(masks):
        difference = f"{len(masks)} masks for {len(images)} images"
        raise Refused(f"{path}: {difference}; fetch the data set again")


def slices_of_split(
    name: str,
    table: Mapping[str, tuple[int, int]],
    split: str,
    count: int,
) -> range:
    """The slices of a split of a named data set; 'all' is every slice."""
    check_split(name, split, [*table, "all"])
    if split == "all":
        return range(count)
    start, stop = table[split]
    return range(start, stop)


def slice_names(volume: str, count: int) -> list[str]:
    """One name for each slice of a volume."""
    names = []
    for z in range(count):
        names.append(f"{volume}/{z:04d}")
    return names


def first_images(parts: Sequence[Lazy]) -> Lazy:
    """The first image of every part, of any sizes; they are read as the type of the first part."""

    def read(index: int) -> Image:
        return parts[index].read(0)

    shapes = [part.shapes[0] for part in parts]
    return Lazy(read, shapes, parts[0].dtype)


def join_volumes(
    volumes: Sequence[Volume],
    sources: Sequence[Path],
    *,
    classes: tuple[str, ...] = (),
    ignore: int | None = None,
) -> Scans:
    """Several volumes as one split, in which a volume is its own group.

    Masks are labels of these classes already.
    """
    if not volumes:
        raise Refused("no volume is left in this split; check its options")
    ids: list[str] = []
    volume_of_image: list[str] = []
    for volume in volumes:
        count = len(volume.images)
        ids += slice_names(volume.name, count)
        volume_of_image += [volume.name] * count
    images = join_images([volume.images for volume in volumes])
    masks = [volume.masks for volume in volumes if volume.masks is not None]
    return Scans(
        open.with_checked_pixels(images, ids),
        join_images(masks) if masks else None,
        ids,
        volumes=volume_of_image,
        groups=volume_of_image,
        classes=classes,
        ignore=ignore,
        sources=tuple(sources),
    )


def join_object_volumes(
    volumes: Sequence[Volume],
    sources: Sequence[Path],
    task: str,
    noun: str,
    *,
    ignore: int | None = None,
) -> Scans:
    """Several volumes whose masks number objects, as one split.

    The numbers stay for the task 'instances'; any other task has one class, called `noun`.
    """
    unlabelled = [replace(volume, masks=None) for volume in volumes]
    scans = join_volumes(unlabelled, sources)
    masks = [volume.masks for volume in volumes if volume.masks is not None]
    return with_objects(scans, join_images(masks), task, noun, ignore)


def numbered_files(folder: Path, pattern: str, numbers: Sequence[int]) -> list[Path]:
    """Files that carry these numbers, e.g. 'im%04d.png'; refuses a folder that lacks some."""
    files = [folder / (pattern % number) for number in numbers]
    missing = [file for file in files if not file.exists()]
    if missing:
        problem = f"the slice is missing, with {len(missing) - 1} others"
        raise Refused(f"{missing[0]}: {problem}; fetch the data set again")
    return files


def pictures_in(folder: Path, endings: Sequence[str] = open.PICTURES) -> list[Path]:
    """The pictures of a folder in the order of their numbers."""
    if not folder.is_dir():
        advice = "fetch the data set again, or look where its files lie"
        raise Refused(f"{folder}: the folder is missing; {advice}")
    pictures = []
    for path in folder.iterdir():
        is_hidden = path.name.startswith(".")
        if not is_hidden and path.name.lower().endswith(tuple(endings)):
            pictures.append(path)
    if not pictures:
        raise Refused(f"{folder}: there are no pictures in it ({', '.join(endings)})")
    return sorted(pictures, key=open.by_number)
