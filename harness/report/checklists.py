"""Two checklists, answered as far as the records of a study go; the rest is the author's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.judge.verdicts import Verdicts
from harness.report.bibliography import citation
from harness.report.checklist_items import METRICS_RELOADED, REFORMS
from harness.report.evidence import Evidence
from harness.report.methods.data import OWN, data_sets
from harness.report.methods.machines import commits_text
from harness.report.methods.paragraphs import trials_of
from harness.report.methods.words import count_text, distinct, levels_text, list_text
from harness.report.paper import Checklist, ChecklistItem
from harness.report.provenance import doubts_of_design
from harness.spec.values import Part, Trial
from harness.study.load import Study
from harness.study.names import display_name

DUPLICATES = (
    "no test image has the bytes of a training image, for harness refuses to run such a study; "
    "near duplicates are not looked for"
)
LEGEND = (
    "Answered from what the study declares and its runs recorded; where nothing recorded can "
    "answer, the item is left to the author."
)


@dataclass(frozen=True)
class Sources:
    """What answers may draw on."""

    study: Study
    verdicts: Verdicts
    evidence: Evidence
    trials: list[Trial]

    @property
    def sets(self) -> list[Part]:
        """The data sets of all trials."""
        return data_sets(self.trials)

    @property
    def metrics(self) -> list[str]:
        """The metrics that comparisons and tables name."""
        names = []
        for comparison in self.study.compare:
            names += comparison.metrics
        for table, _ in self.study.tables:
            names += table.metrics
        return distinct(display_name(name, self.study.names) for name in names)


def checklists_of(study: Study, verdicts: Verdicts, evidence: Evidence) -> list[Checklist]:
    """Both checklists with their answers."""
    sources = Sources(study, verdicts, evidence, trials_of(study))
    reforms = _checklist("REFORMS", REFORMS, dict(_reforms_answers(sources)))
    reloaded = _checklist("Metrics Reloaded", METRICS_RELOADED, dict(_metrics_answers(sources)))
    return [reforms, reloaded]


def _checklist(name: str, questions: Mapping[str, str], answers: Mapping[str, str]) -> Checklist:
    """A checklist, with how much of it the records answer."""
    items = []
    for number, question in questions.items():
        items.append(ChecklistItem(number, question, answers.get(number, "")))
    answered = sum(bool(item.answer) for item in items)
    user = f"checklist/{name.lower().replace(' ', '_')}"
    title = f"{name}{citation(user)}: {answered} of {len(items)} answered from the records"
    return Checklist(title, items)


def _reforms_answers(sources: Sources) -> Iterator[tuple[str, str]]:
    """The answers to REFORMS that stand in the records."""
    study, evidence = sources.study, sources.evidence
    if sources.trials:
        yield "2a", _data_answer(sources.sets)
        yield from _training_answers(sources)
    commits = commits_text(evidence.runs)
    if commits:
        yield "2b", f"harness, {commits}; a link to it is the author's to give"
    if evidence.results:
        yield "2c", "see Methods, Software and Hardware"
        yield "2e", f"harness run {study.path.name} trains and judges again what is reported here"
    if sources.metrics:
        yield "3d", f"{list_text(sources.metrics)}; means and single values are in the tables above"
        yield "7a", f"{list_text(sources.metrics)}; why these is the author's to say"
    yield "3e", _sample_answer(sources)
    yield "3f", _missing_answer(sources.verdicts)
    if sources.verdicts.verdicts:
        yield "7b", _interval_answer(sources.verdicts)
        yield "7c", "see Methods, Statistics; normality and pairing are listed as checks above"


def _data_answer(sets: list[Part]) -> str:
    """The data sets with what identifies them."""
    texts = []
    for name in distinct(part.name for part in sets):
        parts = [part for part in sets if part.name == name]
        facts = parts[0].component.facts
        if facts.drawn:
            texts.append(f"{name}, drawn by code")
        elif facts.licence == OWN:
            texts.append(f"{name}, the authors' own, without a link or DOI")
        else:
            texts.append(f"{name} ({facts.citation or 'no citation is recorded'})")
    return f"{'; '.join(texts)}; fingerprints in Methods, Data"


def _training_answers(sources: Sources) -> Iterator[tuple[str, str]]:
    """What a study that trains says of its models, splits and leaks."""
    study, trials = sources.study, sources.trials
    excluded = study.expansion.excluded
    if excluded:
        yield "4a", f"of the grid, not of the images: {'; '.join(excluded)}"
    prepare = any(trial.prepare or trial.fit.prepare for trial in trials)
    steps = "preparation and augmentation" if prepare else "augmentation; no other preparation"
    yield "4c", f"{steps}: see Methods, Data and Training"
    yield "5a", "see Methods, Network, Initialisation and Training"
    yield "5c", _split_answer(trials)
    yield "5d", f"weights by the rule {levels_text(distinct(trial.pick.level for trial in trials))}"
    if study.search is not None:
        yield "5e", f"searched: {list_text([part.path for part in study.search.dimensions])}"
    against = distinct(str(item.against) for item in study.compare if item.against is not None)
    if against:
        yield "5f", f"compared against {list_text(against)}; checks say where arms differ otherwise"
    yield "6a", _seen_answer(study, trials)
    if not all(trial.test_on.component.facts.drawn for trial in trials):
        yield "6b", DUPLICATES


def _split_answer(trials: list[Trial]) -> str:
    """How training and test images were kept apart."""
    folds = distinct(str(trial.fit.fold[1]) for trial in trials if trial.fit.fold is not None)
    if folds:
        return f"cross-validation of {list_text(folds)} folds"
    train = distinct(trial.fit.train_on.options["split"] for trial in trials)
    test = distinct(trial.test_on.options["split"] for trial in trials)
    return f"trained on the split {list_text(train)}, tested on the split {list_text(test)}"


def _seen_answer(study: Study, trials: list[Trial]) -> str:
    """Which components saw images or labels of the test domain."""
    doubts = list(doubts_of_design(study))
    oracles = [trial for trial in trials if trial.pick.component.facts.oracle]
    if oracles:
        doubts.append(f"{count_text(len(oracles), 'trial')} picked weights by labels of the target")
    if doubts:
        return f"not throughout: {'; '.join(doubts)}"
    return "no component of this study is given test images or their labels before testing"


def _sample_answer(sources: Sources) -> str:
    """The independent values behind the numbers."""
    finished = sources.verdicts.states.get("finished", 0)
    units = distinct(comparison.unit for comparison in sources.study.compare)
    text = count_text(finished, "finished trial")
    if units:
        text += f"; the unit of comparisons is the {list_text(units, 'or the')}, n stands at each"
    return text


def _missing_answer(verdicts: Verdicts) -> str:
    """Trials without a result, which are the missing data of a study."""
    missing = []
    for state, count in verdicts.states.items():
        if count and state not in ("planned", "finished"):
            missing.append(f"{count} {state}")
    if not missing:
        return "every planned trial finished"
    return f"trials without a result: {', '.join(missing)}"


def _interval_answer(verdicts: Verdicts) -> str:
    """The intervals of means and differences."""
    names = distinct(
        display_name(verdict.comparison.interval_name) for verdict in verdicts.verdicts
    )
    text = f"{list_text(names)} over the declared unit, at each mean and difference"
    if any(verdict.has_looks for verdict in verdicts.verdicts):
        text += "; differences decided seed by seed have repeated intervals"
    return text


def _metrics_answers(sources: Sources) -> Iterator[tuple[str, str]]:
    """The answers to Metrics Reloaded that stand in the records."""
    probes: set[str] = set()
    for trial in sources.trials:
        probes.update(probe.name for probe in trial.probes)
    if "instances" in probes:
        yield "category", "instance segmentation beside semantic segmentation, by the probes"
    elif "segmentation" in probes:
        yield "category", "semantic segmentation, by the probe"
    if sources.metrics:
        yield "metrics", f"{list_text(sources.metrics)}; harness measures no distance of boundaries"
    undefined = 0
    for verdict in sources.verdicts.verdicts:
        for arm in verdict.arms:
            undefined += arm.tally.undefined
    if sources.verdicts.verdicts:
        yield "outputs", f"{count_text(undefined, 'undefined value')}, counted for each arm above"
        yield "aggregation", _aggregation_answer(sources.study)
        yield "repetitions", _repetitions_answer(sources.verdicts)
    if sources.evidence.results:
        yield "per case", "yes: the rows of every run, rows.parquet, hold each image"


def _aggregation_answer(study: Study) -> str:
    """What is averaged down to what."""
    texts = []
    for comparison in study.compare:
        texts.append(f"{comparison.name}: rows averaged to one value for each {comparison.unit}")
    return "; ".join(distinct(texts))


def _repetitions_answer(verdicts: Verdicts) -> str:
    """How many units stand behind the arms."""
    sizes = []
    for verdict in verdicts.verdicts:
        for arm in verdict.arms:
            sizes.append(f"{len(arm.sample.units)} {verdict.comparison.unit}s")
    return f"{levels_text(distinct(sizes))} an arm, drawn as dots with the mean and its interval"
