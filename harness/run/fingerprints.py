"""The bytes of a study's real data: fingerprints go into keys, shared images are refused."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.data.fingerprint import shared_images
from harness.data.identity import Identity, depends_on_files, identity_of
from harness.data.refused import too_many_shots
from harness.record.data_bytes import MARK, key_without_mark, recorded_bytes
from harness.record.database import Run
from harness.run.data_place import problem_of_data
from harness.run.twins import twins_across_folds
from harness.spec.fields import field_names, fields_of
from harness.spec.values import Fit, Part, Trial
from harness.spec.walk import looked_at, parts_in, same_images, validation_of
from harness.store import Home
from harness.study.cells import Cell
from harness.study.document import Mark, Mistakes, Problem
from harness.study.load import Study

EXAMPLES = 3  # pairs of one image that a problem names

TRAINING = "the training set"
TARGET = "the images to adapt to,"
REMEDY = {
    TRAINING: "take another split",
    TARGET: "take another split, or say `transductive: true` in the study",
}


def with_fingerprints(study: Study, home: Home) -> Study:
    """The study with a fingerprint in each dataset that is read from files.

    What cannot be read is a mistake of the study; so is an image of a training set that is in the
    test set too, or twice in the training set where folds would part the copies.
    """
    parts = _parts_of_files(study)
    if not parts:
        return study
    identities = _identities(study, parts, home)
    problems = [*_overlaps(study, identities), *_missing_shots(study, identities)]
    problems += _shared_with_validation(study, identities, home)
    problems += twins_across_folds(study, identities, home)
    if problems:
        raise Mistakes(problems)
    marks = {key: identity.mark for key, identity in identities.items()}
    return _with_marks(study, parts, marks)


def as_recorded(study: Study, home: Home, runs: Iterable[Run]) -> Study:
    """The study on the bytes that its runs have looked at: reading results needs no data.

    Where the runs do not say it of every data set, the data are read.
    """
    parts = _parts_of_files(study)
    if not parts:
        return study
    recorded = recorded_bytes(runs)
    marks: dict[str, str] = {}
    for key, part in parts.items():
        mark = recorded.get(key_without_mark(part))
        if mark is None:
            return with_fingerprints(study, home)
        marks[key] = mark
    return _with_marks(study, parts, marks)


def _with_marks(study: Study, parts: Mapping[str, Part], marks: Mapping[str, str]) -> Study:
    """The study with these marks in its components that are read from files."""
    marked = {key: _with_mark(part, marks[key]) for key, part in parts.items()}
    replaced_already: dict[int, Any] = {}
    cells: dict[str, Cell] = {}  # the same bytes by two names are one trial
    for cell in reversed(study.cells):
        positions = [with_parts(trial, marked, replaced_already) for trial in cell.positions]
        marked_cell = replace(cell, trial=positions[0], twins=tuple(positions[1:]))
        key = marked_cell.trial.key
        if key in cells:
            marked_cell = marked_cell.with_positions_of(cells[key])
        cells[key] = marked_cell
    return replace(study, cells=tuple(reversed(cells.values())))


def _parts_of_files(study: Study) -> dict[str, Part]:
    """The components of a study whose result depends on the bytes of files, by key."""
    parts: dict[str, Part] = {}
    for setting in _distinct_settings(study.cells):
        for part in parts_in(setting, inside_data=False):
            parts[part.key] = part
    return {key: part for key, part in parts.items() if depends_on_files(part)}


def _distinct_settings(cells: Iterable[Cell]) -> Iterator[Any]:
    """The settings of all trials and of their fits, each once: cells share them."""
    ids: set[int] = set()
    for cell in cells:
        settings = [*fields_of(cell.trial.fit), *fields_of(cell.trial)]
        for _, setting in settings:
            if setting is not cell.trial.fit and id(setting) not in ids:
                ids.add(id(setting))
                yield setting


def _identities(study: Study, parts: Mapping[str, Part], home: Home) -> dict[str, Identity]:
    """What the bytes of each component are, with all that cannot be read as mistakes."""
    identities: dict[str, Identity] = {}
    problems: list[Problem] = []
    for key, part in parts.items():
        try:
            identity = identity_of(part, home)
            _check_pin(part, identity)
        except (ValueError, LookupError, OSError) as error:
            problems.append(problem_of_data(study, part, str(error)))
            continue
        identities[key] = identity
    if problems:
        raise Mistakes(problems)
    return identities


def _start_of(study: Study) -> Mark:
    return Mark(str(study.path), 1, 1)


def _check_pin(part: Part, identity: Identity) -> None:
    """Refuses bytes that are not those which the study pins by their fingerprint."""
    pinned = part.options["fingerprint"]
    if pinned is not None and not identity.fingerprint.startswith(pinned):
        raise ValueError(
            "the bytes are not those that the study names: "
            f"found {identity.fingerprint[:16]}, expected {pinned[:16]}"
        )


def _with_mark(part: Part, mark: str) -> Part:
    return replace(part, options={**part.options, MARK: mark})


def _overlaps(study: Study, identities: Mapping[str, Identity]) -> Iterator[Problem]:
    """Images that a fit looks at and that are test images too, whatever they are called."""
    pairs: dict[tuple[str, str, str], tuple[Part, Part]] = {}
    for cell in study.cells:
        test = cell.trial.test_on
        for role, part in _images_looked_at(study, cell.trial):
            if part.key in identities and test.key in identities:
                pairs[role, part.key, test.key] = (part, test)
    for (role, _, _), (part, test) in pairs.items():
        same = shared_images(
            dict(identities[part.key].digests),
            dict(identities[test.key].digests),
        )
        if same:
            shared = f"shares {len(same)} images with {role} {part.level}"
            text = f"{shared} ({_examples_of(same)}); {REMEDY[role]}"
            yield Problem(_start_of(study), f"test_on {test.level}", text)


def _shared_with_validation(
    study: Study, identities: Mapping[str, Identity], home: Home
) -> Iterator[Problem]:
    """Validation images that are training or test images too: picks and patience look at them."""
    trials = {}
    for cell in study.cells:
        trial = cell.trial
        if trial.fit.fold is None and trial.fit.train_on.key in identities:
            trials[trial.fit.train_on.key, trial.test_on.key] = trial
    for trial in trials.values():
        training, test = trial.fit.train_on, trial.test_on
        if not identities[training.key].validation:
            continue
        validation = validation_of(training)
        digests = dict(identity_of(validation, home).digests)
        for role, part in ((TRAINING, training), ("the test set", test)):
            if part.key not in identities or same_images(part, validation):
                continue
            same = shared_images(digests, dict(identities[part.key].digests))
            if same:
                text = f"shares {len(same)} images with {role} {part.level}"
                text += f" ({_examples_of(same)}); take them out of one of the two"
                yield Problem(_start_of(study), f"train_on {validation.level}", text)


def _missing_shots(study: Study, identities: Mapping[str, Identity]) -> Iterator[Problem]:
    """Fits that ask for more labelled images than their training set has, each said once."""
    texts: dict[str, str] = {}
    for cell in study.cells:
        for fit in cell.trial.fit.lineage:
            identity = identities.get(fit.train_on.key)
            if identity is not None and fit.shots is not None:
                count = len(identity.digests)
                if fit.shots > count:
                    texts[too_many_shots(fit.shots, count)] = fit.train_on.level
    for text, level in texts.items():
        yield Problem(_start_of(study), f"train_on {level}", text)


def _examples_of(same: list[tuple[str, str]]) -> str:
    """Some of the images that two sets share, by the names that they have in each."""
    pairs = [f"{first} = {second}" for first, second in same[:EXAMPLES]]
    return ", ".join(pairs)


def _images_looked_at(study: Study, trial: Trial) -> Iterator[tuple[str, Part]]:
    """The data sets that must not share images with the test set, by their role in a fit."""
    for fit in trial.lineage:
        yield TRAINING, fit.train_on
    if not study.transductive:
        for _, part in looked_at(trial):
            yield TARGET, part


def with_parts(value: Any, parts: Mapping[str, Part], replaced_already: dict[int, Any]) -> Any:
    """A value with some of its components exchanged; parts that cells share stay shared."""
    if id(value) in replaced_already:
        return replaced_already[id(value)]
    if isinstance(value, Part):
        replacement: Any = _part_with_parts(value, parts, replaced_already)
    elif isinstance(value, Fit | Trial):
        settings = {}
        for name in field_names(value):
            settings[name] = with_parts(getattr(value, name), parts, replaced_already)
        replacement = type(value)(**settings)
    elif isinstance(value, list):
        items = [with_parts(item, parts, replaced_already) for item in value]
        is_same = all(new is old for new, old in zip(items, value, strict=True))
        replacement = value if is_same else items
    else:
        return value
    replaced_already[id(value)] = replacement
    return replacement


def _part_with_parts(
    part: Part, parts: Mapping[str, Part], replaced_already: dict[int, Any]
) -> Part:
    """A component that is exchanged itself, or has options that are."""
    options = {}
    for name, value in part.options.items():
        options[name] = with_parts(value, parts, replaced_already)
    if part.key in parts:
        return parts[part.key]
    is_same = all(options[name] is part.options[name] for name in options)
    return part if is_same else replace(part, options=options)
