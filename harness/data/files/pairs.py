"""Which mask belongs to which image, and what must not be torn apart."""

import re
from collections.abc import Sequence
from pathlib import Path

from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.refused import Refused, few, sizes


def same(images: str, stack: Lazy, masks: str, truth: Lazy) -> None:
    """Refuses masks of another shape than the volume."""
    ours, theirs = (len(stack), *stack.shapes[0][:2]), (len(truth), *truth.shapes[0][:2])
    if ours == theirs:
        return
    if sorted(ours) == sorted(theirs):
        raise Refused(
            f"{masks}: {sizes(theirs)} (z, y, x) holds the sizes of the images, {sizes(ours)}, in another order; "
            "say how each is stored, as axes: and mask_axes:"
        )
    raise Refused(
        f"{masks}: the masks are {sizes(theirs)} (z, y, x), the images {images} are {sizes(ours)}"
    )


def same_each(found: Sequence[Path], images: Lazy, partners: Sequence[Path], masks: Lazy) -> None:
    """Refuses a mask of another size than its picture."""
    for path, ours, partner, theirs in zip(
        found, images.shapes, partners, masks.shapes, strict=True
    ):
        if ours[:2] != theirs[:2]:
            raise Refused(
                f"{partner}: the mask is {sizes(theirs[:2])}, its picture {path.name} is {sizes(ours[:2])}"
            )


def numbers_agree(images: str, masks: str) -> None:
    """Sections and masks go together by order, so numbers in their names must say the same."""
    pairs = list(
        zip(open.files(open.named(images)[0]), open.files(open.named(masks)[0]), strict=False)
    )
    numbers = [tuple(re.findall(r"\d+", path.stem)[-1:] for path in pair) for pair in pairs]
    if len(pairs) < 2 or not all(a and b for a, b in numbers):
        return
    for (image, mask), (a, b) in zip(pairs, numbers, strict=True):
        if int(a[0]) != int(b[0]):
            raise Refused(
                f"{mask}: it would be the mask of {image.name}, but the numbers differ; rename one series"
            )


def partners(found: Sequence[Path], masks: str) -> list[Path]:
    """The mask of every picture."""
    if "{stem}" in masks:
        pattern = str(Path(masks).expanduser())
        partners = [
            Path(pattern.replace("{stem}", p.stem).replace("{folder}", p.parent.name))
            for p in found
        ]
    else:
        by_stem: dict[str, list[Path]] = {}
        for path in open.files(masks):
            by_stem.setdefault(path.stem, []).append(path)
        doubled = {k: v for k, v in by_stem.items() if len(v) > 1}
        if doubled:
            example = "masks: 'm/{folder}/{stem}.png'"
            raise Refused(
                f"{masks}: several masks are called {next(iter(doubled))}; say where, as {example}"
            )
        partners = [by_stem.get(p.stem, [Path(masks).parent / f"{p.stem}.?"])[0] for p in found]
    lost = [(p, m) for p, m in zip(found, partners, strict=True) if not m.exists()]
    if lost:
        picture, mask = lost[0]
        how_many = f"{len(lost)} of {len(found)} pictures have none"
        raise Refused(
            f"{picture}: there is no mask {mask} ({how_many}); name it so, or use {{stem}} in masks:"
        )
    return partners


def groups(names: Sequence[str], found: Sequence[Path], group: str | None) -> list[str]:
    """What each picture belongs to; itself, where nothing is said."""
    if group is None:
        return list(names)
    if group == "folder":
        return [p.parent.name for p in found]
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise Refused(f"group: {group!r} is no regular expression ({error})") from error
    hits = [pattern.search(name) for name in names]
    lost = [name for name, hit in zip(names, hits, strict=True) if hit is None]
    if lost or pattern.groups != 1:
        missed = few(lost, 3) or "the bracket"
        raise Refused(
            f"group: {group!r} needs one bracket that matches every name; it misses {missed}"
        )
    return [hit.group(1) for hit in hits if hit]
