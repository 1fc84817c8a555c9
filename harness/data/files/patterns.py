"""What a person says of files (a folder, a pattern) -> what a study writes for them."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.data.files import arrays, open, pairs
from harness.data.refused import Refused, first_few, with_home

FEWEST_SECTIONS = 10  # from which numbered pictures are taken for a volume


def are_sections(files: Sequence[Path]) -> bool:
    """Whether files are a volume: one file, or many that have consecutive numbers and no other
    difference in their names.
    """
    if len(files) == 1:
        return True
    if len(files) < FEWEST_SECTIONS:
        return False
    prefixes = set()
    numbers = []
    for file in files:
        match = re.fullmatch(r"(.*?)(\d+)", file.stem)
        if match is None:
            return False
        prefixes.add((file.parent, match[1]))
        numbers.append(int(match[2]))
    in_order = range(min(numbers), min(numbers) + len(numbers))
    return len(prefixes) == 1 and sorted(numbers) == list(in_order)


def pattern_of(text: str) -> str:
    """What a study writes for a folder, a pattern or a file: of a folder of folders, the pictures
    inside these.
    """
    path = with_home(text)
    if not path.is_dir() or path.suffix in arrays.ZARR or (path / "zarr.json").exists():
        return text
    if any(_is_picture(file) for file in path.iterdir()):
        return text
    inside = [file for file in sorted(path.glob("*/*")) if _is_picture(file)]
    if not inside:
        names = sorted(file.name for file in path.iterdir())
        content = first_few(names, 5) or "nothing"
        raise Refused(f"{text}: no picture is in this folder ({open.READABLE}); it holds {content}")
    endings = Counter(file.suffix for file in inside)
    ending, _ = endings.most_common(1)[0]
    return f"{text.rstrip('/')}/*/*{ending}"


def _is_picture(file: Path) -> bool:
    is_hidden = file.name.startswith(".")
    return not is_hidden and file.name.lower().endswith(open.PICTURES)


def files_of(pattern: str) -> list[Path]:
    """The files that a text names, which may have the key of an array at its end."""
    path, _ = open.path_and_key(pattern)
    return open.find_files(path)


def masks_by_name(files: Sequence[Path], masks: str) -> str:
    """How a study names the masks: as they are where each has its picture's name, else by what
    stands before and after it.
    """
    mask_files = files_of(masks)
    stems = Counter(file.stem for file in mask_files)
    are_alike = all(stems[file.stem] == 1 for file in files)
    if are_alike:
        return masks
    first = files[0]
    for candidate in sorted(mask_files, key=lambda file: len(file.name)):
        before, stem, after = candidate.stem.partition(first.stem)
        if not stem:
            continue
        pattern = _pattern_beside(candidate, f"{before}{{stem}}{after}", first)
        if not _missing(files, pattern):
            return pattern
    return masks


def _pattern_beside(mask: Path, name: str, picture: Path) -> str:
    """The pattern of masks that lie as this one does: in one folder, or in one for each folder of
    pictures.
    """
    folder = str(mask.parent)
    if mask.parent.name == picture.parent.name:
        folder = f"{mask.parent.parent}/{{folder}}"
    return f"{folder}/{name}{mask.suffix}"


def _missing(files: Sequence[Path], pattern: str) -> bool:
    """Whether a picture has no mask by this pattern."""
    try:
        pairs.masks_of_pictures(files, pattern)
    except Refused:
        return True
    return False
