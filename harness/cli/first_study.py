"""The text of a first study on a person's own data, with a comment for each choice."""

import json
from collections.abc import Iterator
from typing import Any

from harness.data.grey_values import share_text
from harness.data.refused import first_few
from harness.data.survey import Survey

QUESTION = "Does a network that has seen drawn images first segment mine better than a new one?"
PATCH = 96  # pixels: the largest window of a first study
MULTIPLES = (32, 8)  # that networks ask for: most of them, and the tiny one
SEEDS = 6  # five that pair can never give a p below .05
DRAWN = {1: "{name: nuclei, images: 8, size: 96}", 3: "{name: malaria, images: 8, size: 96}"}
DRAWN_STACK = "{name: phantom, slices: 8, size: 96}"

TEMPLATE = """\
# {about}
# Written by `harness init`; every line may be changed. harness list fit | compare | NAME says what
# may stand where, docs/your-data.md how data are read, docs/study-file.md the rest.
#   harness plan {file}         what would be done and how long it takes; nothing is written
#   harness run {file} --pilot  times two steps of each kind of fit; nothing is recorded
#   harness run {file}          trains and measures what is missing, and answers
name: {name}
question: {question}
seeds: {seeds}  # five that pair can never give a p below .05; --set seeds=1 for a first look
base:
  fit:
    train_on:
{data}
    net: {{arch: tiny_unet}}  # for a laptop; on a GPU: {{arch: unet, encoder: resnet18}}
    augment: [flips, brightness, contrast]
    method: {{name: supervised, epochs: 10, lr: 3e-3, loss: {loss}}}
    patch: {patch}  # the side of a training window; no larger than your images
    batch: 8
    steps: 20  # in each epoch; without this line as many as cover the training images once
  pick: {pick}
  probes: [segmentation]
grid:
  fit.init:
    - random
    # Drawn images, made here: nothing is downloaded. With an encoder from ImageNet instead:
    #   - {{name: inflated, of: imagenet, label: ImageNet}}
    - name: trained
      label: drawn images first
      part: matching  # what has the same shape there, whatever the channels and classes
      fit:
        seed: trial  # a pretraining for each seed: one for all would decide the answer by chance
        train_on: {drawn}
        augment: [flips, brightness, contrast]
        method: {{name: supervised, epochs: 5, lr: 3e-3}}
        patch: {drawn_patch}
        batch: 8
        steps: 20
compare:
  - {{name: start, primary: true, metric: dice, by: fit.init, against: random, unit: seed}}
"""


def study_text(overview: Survey, name: str, question: str, file: str) -> str:
    """The study file: it trains on the images, small enough for a laptop."""
    indent = " " * 6
    data = "\n".join(indent + line for line in data_lines(overview))
    side = min(PATCH, *overview.smallest)
    multiple = next(number for number in MULTIPLES if side >= number)
    classes = len(overview.grey.counts) if _has_classes(overview) else 2
    drawn = DRAWN_STACK if overview.is_volume else DRAWN.get(overview.channels, DRAWN[1])
    return TEMPLATE.format(
        about=_heading(overview),
        file=file,
        name=json.dumps(name, ensure_ascii=False),
        question=json.dumps(question, ensure_ascii=False),
        seeds=SEEDS,
        data=data,
        loss="ce_dice" if classes > 2 else "bce_dice",
        patch=side // multiple * multiple,
        pick=_pick(overview),
        drawn=drawn,
        drawn_patch=min(64, side // multiple * multiple),
    )


def data_lines(overview: Survey) -> Iterator[str]:
    """The data set of a survey as options of a study, a line each."""
    yield "name: volume" if overview.is_volume else "name: folder"
    yield f"images: {json.dumps(overview.images, ensure_ascii=False)}"
    yield f"masks: {json.dumps(overview.masks, ensure_ascii=False)}"
    if overview.group is not None:
        yield f"group: {overview.group}  # what is in one folder has one split"
    yield f"# {_about_splits(overview)}"
    yield f"splits: {_flow(overview.splits)}"
    yield from _lines_on_masks(overview)
    if overview.window is not None:
        low, high = overview.window
        yield f"window: [{low:g}, {high:g}]  # grey levels of nearly all pixels, made 8 bits"


def data_text(overview: Survey) -> str:
    """The data set of a survey in one line, as `harness data preview` takes it."""
    options = []
    for line in data_lines(overview):
        if not line.startswith("#"):
            options.append(line.split("  # ")[0])
    return f"{{{', '.join(options)}}}"


def _about_splits(overview: Survey) -> str:
    """The comment above the splits."""
    if overview.is_volume:
        return "Sections of each split: the first, and the one after the last."
    if isinstance(overview.splits["train"], str):
        return "Pictures of each split, by their folders."
    if overview.group is not None:
        return "Shares of the folders."
    return "Shares of the pictures. `group:` keeps those of one patient or slide together."


def _lines_on_masks(overview: Survey) -> Iterator[str]:
    """What the numbers in the masks are taken for."""
    grey = overview.grey
    if grey.are_binary:
        return
    if grey.are_grey_edges:
        share = share_text(grey.stray_share)
        ends = f"{grey.values[0]:g} nor {grey.values[-1]:g}"
        yield f"# {share} of the pixels of the masks are neither {ends}: grey edges"
        yield f"threshold: {grey.middle:g}  # brighter is foreground"
    elif grey.are_classes:
        yield f"classes: {_flow(_class_names(overview))}  # name them"
    elif grey.are_whole and grey.values[0] == 0:
        yield f"# The masks number objects, to {grey.values[-1]:g}: here any object is foreground."
        yield "# labels: instances keeps them apart, for the probe `instances`."
        yield "threshold: 0"
    else:
        yield f"# The masks hold {len(grey.counts):,} values: what is brighter is foreground."
        yield f"threshold: {grey.middle:g}  # look at it: harness data preview"


def _has_classes(overview: Survey) -> bool:
    grey = overview.grey
    return grey.are_classes and not grey.are_binary and not grey.are_grey_edges


def _class_names(overview: Survey) -> dict[str, int]:
    """A name for each value of the masks."""
    values = [int(value) for value in overview.grey.values]
    if len(values) == 2:
        return dict(zip(("background", "foreground"), values, strict=True))
    names = {"background": values[0]}
    for value in values[1:]:
        names[f"class_{value}"] = value
    return names


def _pick(overview: Survey) -> str:
    """The rule that picks a checkpoint: one that needs no validation where there is none."""
    if "validation" in overview.splits:
        return "source_validation  # the epoch that is best on the validation images"
    return "last"


def _flow(values: Any) -> str:
    """A mapping on one line of YAML."""
    pieces = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
    return f"{{{', '.join(pieces)}}}"


def _heading(overview: Survey) -> str:
    """What was found, as a comment."""
    colours = "grey" if overview.channels < 3 else "in colour"
    noun = "sections of a volume" if overview.is_volume else "pictures"
    kind = f"{colours} ({overview.kind})"
    values = first_few([f"{value:g}" for value in overview.grey.values], 4)
    return f"{overview.count:,} {noun} of {overview.size_text}, {kind}; masks of {values}."
