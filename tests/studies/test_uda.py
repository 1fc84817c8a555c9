"""The study of adaptation: one source-only network for all that starts from it, honest picks, and
a primary question that its seeds can answer.
"""

from functools import cache

from harness.judge.preview import previews
from harness.spec.catalogue import catalogue
from harness.spec.values import Fit, Part, Trial
from harness.spec.walk import sees_target_labels
from harness.study.levels import among
from harness.study.load import Study, load_study
from tests.studies.test_studies import STUDIES

OWN_LABELS = "own labels"
PRIMARY = ("HM", "Y-Net")
NAMES = ("histogram matching", "Y-Net")  # as the study calls them in sentences
IN_ALL_PAIRS = {"source only", *PRIMARY}
TWO_PAIRS = {("lucchi", "mitoem_h"), ("mitoem_h", "lucchi")}  # of all beside the primary question
RULES = ("last", "source_validation", "solidity", "area_ratio", "entropy", "soft_dice_confidence")


@cache
def study() -> Study:
    return load_study(STUDIES / "uda.yaml")


def trials_by(method: str, seed: int = 0) -> list[Trial]:
    """The trials of a method on one seed, as the study calls the method."""
    trials = []
    for cell in study().cells:
        if cell.levels["fit.method"] == method and cell.trial.fit.seed == seed:
            trials.append(cell.trial)
    return trials


def pairs_of(trials: list[Trial]) -> set[tuple[str, str]]:
    """The styles that trials train on and are tested on."""
    pairs = set()
    for trial in trials:
        source, target = trial.fit.train_on, trial.test_on
        pairs.add((source.options["style"], target.options["style"]))
    return pairs


def source_only_keys(seed: int = 0) -> set[str]:
    return {trial.fit.key for trial in trials_by("source only", seed)}


def test_every_method_that_adapts_takes_part_in_its_pairs() -> None:
    names: set[str] = set()
    for cell in study().cells:
        fits = [cell.trial.fit, *cell.trial.lineage]
        names.update(fit.method.name for fit in fits)
        source, target = cell.trial.fit.train_on, cell.trial.test_on
        is_one_style = source.options["style"] == target.options["style"]
        assert is_one_style == (cell.levels["fit.method"] == OWN_LABELS)
    adapting = {name for name, part in catalogue("method").items() if part.facts.needs}
    assert names == {"supervised"} | adapting
    assert len(pairs_of(trials_by(OWN_LABELS))) == 3
    methods = {cell.levels["fit.method"] for cell in study().cells}
    for method in methods - {OWN_LABELS}:
        pairs = pairs_of(trials_by(method))
        if method in IN_ALL_PAIRS:
            assert len(pairs) == 6
        else:
            assert pairs == TWO_PAIRS


def test_the_arms_of_a_comparison_are_means_over_the_same_pairs() -> None:
    for comparison in study().compare:
        assert comparison.by is not None
        pairs_of_arms: dict[tuple[int, str], set[tuple[str, str]]] = {}
        for cell in among(study().expansion, study().cells, comparison.where):
            arm = (cell.trial.fit.seed, cell.levels[comparison.by])
            pairs_of_arms.setdefault(arm, set()).update(pairs_of([cell.trial]))
        all_pairs = pairs_of(trials_by("source only"))
        expected = all_pairs if comparison.name in {"gain", "gain by pair"} else TWO_PAIRS
        for pairs in pairs_of_arms.values():
            assert pairs == expected


def test_a_source_is_learned_once_for_all_that_start_from_it() -> None:
    keys = source_only_keys()
    assert len(keys) == 3
    assert {trial.fit.key for trial in trials_by("HM")} == keys
    keys = set()
    for trial in trials_by("source only"):
        if pairs_of([trial]) <= TWO_PAIRS:
            keys.add(trial.fit.key)
    assert len(keys) == 2
    for method in ("CUT", "FastCUT", "CUT, solidity"):
        assert {trial.fit.key for trial in trials_by(method)} == keys
    for method in ("AdaBN", "TENT", "DAMT-Net", "mean teacher"):
        starts = {trial.fit.lineage[1].key for trial in trials_by(method)}
        assert starts == keys


def translator(trial: Trial) -> tuple[Fit, Part]:
    """The translator of a trial, and who picks its epoch."""
    options = trial.prepare[0].options
    return options["by"], options["pick"]


def test_the_segmenter_behind_a_translator_is_the_one_that_is_tested() -> None:
    for method in ("CUT, solidity", "CUT, oracle"):
        for trial in trials_by(method):
            fit, pick = translator(trial)
            assert pick.options["by"].key == trial.fit.key
            assert fit.train_on.options["style"] == trial.fit.train_on.options["style"]
            assert fit.target is not None
            assert fit.target.options["style"] == trial.test_on.options["style"]
            assert fit.target.options["split"] == "train"
            assert sees_target_labels(pick) == (method == "CUT, oracle")
    translators = {translator(trial)[0].key for trial in trials_by("CUT")}
    assert {translator(trial)[0].key for trial in trials_by("CUT, oracle")} == translators


def test_all_rules_choose_among_the_epochs_of_one_training() -> None:
    trials = trials_by("Y-Net")
    assert len({trial.fit.key for trial in trials}) == 6
    rules_of_fits: dict[str, set[str]] = {}
    for trial in trials:
        rules_of_fits.setdefault(trial.fit.key, set()).add(trial.pick.name)
        images = trial.pick.options.get("images")
        if images is not None:
            assert images.options["split"] == "train"
            assert images.options["style"] == trial.test_on.options["style"]
    rules_of_pairs = list(rules_of_fits.values())
    assert rules_of_pairs.count({*RULES, "oracle"}) == len(TWO_PAIRS)
    assert rules_of_pairs.count({"last"}) == 6 - len(TWO_PAIRS)


def test_the_primary_question_can_be_answered() -> None:
    gain = [preview for preview in previews(study()) if preview.comparison == "gain"]
    assert len(gain) == len(PRIMARY)
    for preview in gain:
        assert preview.n == (7, 7)
        assert preview.verdict == "testable"
        assert any(method in preview.contrast for method in NAMES)
