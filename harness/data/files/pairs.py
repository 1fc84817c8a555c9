"""Which mask belongs to which image, and what must not be torn apart."""

import re
from collections.abc import Sequence
from pathlib import Path

from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.refused import Refused, first_few, sizes, with_home


def check_same_shape(image_file: str, images: Lazy, mask_file: str, masks: Lazy) -> None:
    """Refuses masks of another shape than the volume."""
    image_shape = (len(images), *images.shapes[0][:2])
    mask_shape = (len(masks), *masks.shapes[0][:2])
    if image_shape == mask_shape:
        return
    image_text = sizes(image_shape)
    mask_text = sizes(mask_shape)
    if sorted(image_shape) == sorted(mask_shape):
        raise Refused(
            f"{mask_file}: {mask_text} (z, y, x) holds the sizes of the images, {image_text}, "
            "in another order; say how each is stored, as axes: and mask_axes:"
        )
    problem = f"the masks are {mask_text} (z, y, x)"
    raise Refused(f"{mask_file}: {problem}, the images {image_file} are {image_text}")


def check_same_sizes(
    image_files: Sequence[Path],
    images: Lazy,
    mask_files: Sequence[Path],
    masks: Lazy,
) -> None:
    """Refuses a mask of another size than its picture."""
    for i, (picture, mask) in enumerate(zip(image_files, mask_files, strict=True)):
        picture_size = images.shapes[i][:2]
        mask_size = masks.shapes[i][:2]
        if picture_size != mask_size:
            problem = f"the mask is {sizes(mask_size)}"
            raise Refused(
                f"{mask}: {problem}, its picture {picture.name} is {sizes(picture_size)}; save "
                "the mask in the size of the picture, or take both out"
            )


def check_numbers_agree(image_pattern: str, mask_pattern: str) -> None:
    """Refuses series in which a section and its mask have other numbers in their names.

    They go together by order. Names without numbers say nothing, and neither does a single file.
    """
    pairs = list(zip(_files_of(image_pattern), _files_of(mask_pattern), strict=False))
    if len(pairs) < 2:
        return
    image_numbers = [_last_number(image) for image, _ in pairs]
    mask_numbers = [_last_number(mask) for _, mask in pairs]
    if None in image_numbers or None in mask_numbers:
        return
    for i, (image, mask) in enumerate(pairs):
        if image_numbers[i] != mask_numbers[i]:
            problem = f"it would be the mask of {image.name}, but the numbers differ"
            raise Refused(f"{mask}: {problem}; rename one series")


def _files_of(pattern: str) -> list[Path]:
    path, _ = open.path_and_key(pattern)
    return open.find_files(path)


def _last_number(path: Path) -> int | None:
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1]) if numbers else None


def masks_of_pictures(pictures: Sequence[Path], masks: str) -> list[Path]:
    """The mask of every picture: by a name made of the picture's, or by the same name."""
    if "{stem}" in masks:
        pattern = str(with_home(masks))
        mask_files = [_fill_in(pattern, picture) for picture in pictures]
    else:
        mask_files = _masks_by_stem(pictures, masks)
    missing = []
    for picture, mask in zip(pictures, mask_files, strict=True):
        if not mask.exists():
            missing.append((picture, mask))
    if missing:
        picture, mask = missing[0]
        problem = f"there is no mask {mask}"
        count = f"{len(missing)} of {len(pictures)} pictures have none"
        raise Refused(f"{picture}: {problem} ({count}); name it so, or use {{stem}} in masks:")
    return mask_files


def _fill_in(pattern: str, picture: Path) -> Path:
    """The file that a pattern with {stem} and {folder} means for a picture."""
    name = pattern.replace("{stem}", picture.stem)
    return Path(name.replace("{folder}", picture.parent.name))


def _masks_by_stem(pictures: Sequence[Path], masks: str) -> list[Path]:
    """The mask with the name of each picture; for one that has none, the file that is missing."""
    files_of_stem: dict[str, list[Path]] = {}
    for path in open.find_files(masks):
        files_of_stem.setdefault(path.stem, []).append(path)
    for stem, files in files_of_stem.items():
        if len(files) > 1:
            problem = f"several masks are called {stem}"
            raise Refused(f"{masks}: {problem}; say where, as masks: 'm/{{folder}}/{{stem}}.png'")
    path = with_home(masks)
    folder = path if path.is_dir() else path.parent
    mask_files = []
    for picture in pictures:
        missing = folder / f"{picture.stem}.?"
        files = files_of_stem.get(picture.stem, [missing])
        mask_files.append(files[0])
    return mask_files


def groups_of(names: Sequence[str], pictures: Sequence[Path], group: str | None) -> list[str]:
    """What each picture belongs to: its folder, a part of its name, or itself without `group`."""
    if group is None:
        return list(names)
    if group == "folder":
        return [picture.parent.name for picture in pictures]
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise Refused(f"group: {group!r} is no regular expression ({error})") from error
    groups = []
    missed = []
    for name in names:
        match = pattern.search(name)
        if match is None:
            missed.append(name)
        elif pattern.groups == 1:
            groups.append(match.group(1))
    if missed or pattern.groups != 1:
        names_missed = first_few(missed, 3) or "the bracket"
        rule = "needs one bracket that matches every name"
        raise Refused(f"group: {group!r} {rule}; it misses {names_missed}")
    return groups
