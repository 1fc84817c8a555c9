"""Every image and mask of a data set read once, and what is wrong with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.data.examine import Contents, examine
from harness.data.fetch.fetch import notes_on_checksums
from harness.data.grey_values import share_text
from harness.data.open_dataset import open_inner
from harness.data.refused import NoSplit, Refused
from harness.data.scans import Scans
from harness.spec.catalogue import catalogue, load_component
from harness.spec.options import did_you_mean
from harness.spec.values import Part

ALL = "all"  # the split of all images
OpenSplit = Callable[[str], Scans]


@dataclass(frozen=True)
class Report:
    """What is wrong with a data set: problems must be mended, notes should be known.

    `splits` are those that can be read, with their numbers of images.
    """

    name: str
    folder: Path
    splits: dict[str, int]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether a study can use the data set."""
        return not self.problems and bool(self.splits)


def check(name: str, home: Path, *, pixels: bool = True) -> Report:
    """Opens every split of a data set as a study would.

    Reads every image and mask, unless `pixels` is false.
    """
    datasets = catalogue("dataset")
    if name not in datasets:
        raise Refused(f"there is no data set {name!r}; {did_you_mean(name, datasets)}")
    home = Path(home).expanduser()
    report = Report(name, home / name, {}, notes=notes_on_checksums(home / name))

    def open_by_name(split: str) -> Scans:
        scans: Scans = load_component("dataset", name)(split, home)
        return scans

    return _with_splits(report, datasets[name].facts.splits, open_by_name, pixels=pixels)


def check_part(part: Part, home: Path) -> Report:
    """Reads every image and mask of a data set that is written as in a study.

    Where the study says nothing of splits, all images are one.
    """
    splits = part.component.facts.splits
    if "splits" in part.options and part.options["splits"] is None:
        splits = (ALL,)

    def open_by_part(split: str) -> Scans:
        return open_inner(part, split, home)

    return _with_splits(
        Report(part.level, home, {}), splits, open_by_part, pixels=True, shares=True
    )


def _with_splits(
    report: Report,
    splits: Sequence[str],
    open_split: OpenSplit,
    *,
    pixels: bool,
    shares: bool = False,
) -> Report:
    """The report after all splits were opened; the one of all images is the others together."""
    for split in splits:
        if split != ALL or len(splits) == 1:
            report = _with_split(report, split, open_split, pixels=pixels, shares=shares)
    problems = tuple(dict.fromkeys(report.problems))
    return replace(report, problems=problems)


def _with_split(
    report: Report, split: str, open_split: OpenSplit, *, pixels: bool, shares: bool
) -> Report:
    """The report after one more split was opened."""
    problems: list[str] = []
    notes: list[str] = []
    try:
        scans = open_split(split)
        if pixels:
            contents = examine(scans)
            problems = [f"{split}: {problem}" for problem in contents.problems]
            notes = [f"{split}: {note}" for note in contents.notes]
            if shares:
                notes += _notes_on_classes(split, contents)
    except NoSplit:  # an option of the data set decides which splits there are
        return report
    except (Refused, OSError) as error:
        return replace(report, problems=(*report.problems, str(error)))
    return replace(
        report,
        splits={**report.splits, split: len(scans)},
        problems=(*report.problems, *problems),
        notes=(*report.notes, *notes),
    )


def _notes_on_classes(split: str, contents: Contents) -> list[str]:
    """How much of a split each class is, for whoever looks whether masks were read rightly."""
    texts = []
    for name, share in contents.fractions.items():
        texts.append(f"{name} {share_text(share)}")
    if not texts:
        return []
    line = ", ".join(texts)
    return [f"{split}: {line} of the pixels"]
