"""What a search trains, keeps and tells, without any training."""

from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from harness.search.best import best_points
from harness.search.history import read_history
from harness.search.storage import open_storage
from harness.store import Home
from tests.made.searches import open_driver, score_of, search_of, search_on, study_of


def optuna_states(home: Home) -> list[TrialState]:
    """What Optuna holds of each point."""
    study = optuna.load_study(study_name="tiny-search", storage=open_storage(home))
    return [trial.state for trial in study.get_trials(deepcopy=False)]


def test_a_search_ends_at_its_total_and_not_after(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path)
    driver = open_driver(study, home)
    assert search_on(driver) == 20
    driver.finish()
    assert search_on(open_driver(study, home)) == 0
    history = read_history(study, home)
    assert history is not None
    assert history.spent_trainings == 20
    assert sum(len(point.scores) for point in history.points if not point.is_known) == 20
    assert {point.state for point in history.points} <= {"incumbent", "rejected", "complete"}


def test_a_larger_budget_goes_on_to_the_new_total(home: Home, tmp_path: Path) -> None:
    driver = open_driver(study_of(tmp_path), home)
    search_on(driver)
    driver.finish()
    longer = study_of(tmp_path, ("trainings: 20", "trainings: 26"))
    assert search_on(open_driver(longer, home)) == 6


def test_ten_kills_change_neither_the_best_point_nor_the_total(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path)
    driver = open_driver(study, home)
    search_on(driver)
    driver.finish()
    undisturbed = driver.points

    other_home = Home(tmp_path / "killed")
    count = 0
    for _ in range(10):
        killed = open_driver(study, other_home)
        count += search_on(killed, most=1)
        killed.next_training()  # it is at work when the process dies
    last = open_driver(study, other_home)
    count += search_on(last)
    last.finish()
    assert count == 20
    assert [point.scores for point in last.points] == [point.scores for point in undisturbed]
    search = search_of(study)
    assert (
        best_points(search, last.points, 3)[0].values
        == best_points(search, undisturbed, 1)[0].values
    )
    assert TrialState.RUNNING not in optuna_states(other_home)


def test_a_point_that_a_kill_cut_in_two_is_drawn_to_its_end(home: Home, tmp_path: Path) -> None:
    """Optuna knows half of its settings: the rest must be what it would have been."""
    study = study_of(tmp_path)
    whole = open_driver(study, Home(tmp_path / "whole"))
    whole.next_training()

    driver = open_driver(study, home)
    recorded = driver._recorded
    trial = recorded._optuna.ask()
    first = whole._recorded._optuna.trials[0]
    width = first.distributions["fit.net.width"]
    internal = width.to_internal_repr(first.params["fit.net.width"])
    trial.storage.set_trial_param(trial._trial_id, "fit.net.width", internal, width)

    taken_up = open_driver(study, home)
    taken_up.next_training()
    assert taken_up.points[0].values == whole.points[0].values
    assert len(optuna_states(home)) == 1


def test_what_is_told_is_the_mean_at_rejection(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path)
    driver = open_driver(study, home)
    search_on(driver)
    driver.finish()
    trials = optuna.load_study(study_name="tiny-search", storage=open_storage(home)).trials
    for point, trial in zip(driver.points, trials, strict=True):
        assert trial.state == TrialState.COMPLETE
        scores = [values[0] for _, values in point.scores]
        assert trial.value == pytest.approx(sum(scores) / len(scores))
    assert any(len(point.scores) > 1 for point in driver.points)


def test_a_failure_is_told_and_not_tried_again(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path)
    driver = open_driver(study, home)
    training = driver.next_training()
    assert training is not None
    driver.fail(training, "out of memory")
    again = open_driver(study, home)
    following = again.next_training()
    assert following is not None
    assert following.point == 1
    assert optuna_states(home)[0] == TrialState.FAIL
    history = read_history(study, home)
    assert history is not None
    assert history.points[0].state == "failed"
    assert "out of memory" in history.points[0].reason
    assert history.spent_trainings == 1


def test_an_equal_point_is_answered_from_the_first(home: Home, tmp_path: Path) -> None:
    edits = (
        ("    fit.method.lr: {float: [1e-4, 1e-1], log: true}\n", ""),
        ("    fit.method.optimiser: [adam, sgd]\n", ""),
        (
            "    fit.method.optimiser.momentum: "
            "{float: [0, 0.9], when: {fit.method.optimiser: sgd}}\n",
            "",
        ),
        ("sampler: random\n", "sampler: random\n  seeds: {fixed: 2}\n"),
    )
    study = study_of(tmp_path, *edits)
    driver = open_driver(study, home)
    assert search_on(driver) == 6  # three widths, two seeds each
    assert driver.is_barren
    driver.finish()
    history = read_history(study, home)
    assert history is not None
    repeated = [point for point in history.points if point.is_known]
    assert repeated
    assert all(point.means is not None for point in repeated)
    assert set(optuna_states(home)) == {TrialState.COMPLETE}


def test_an_impossible_point_costs_nothing_and_is_told(home: Home, tmp_path: Path) -> None:
    edits = (
        ("net: {arch: tiny_unet, slices: 3, width: 2}", "net: {arch: unet, encoder: resnet18}"),
        (
            "fit.net.width: {int: [2, 4]}",
            "fit.net.arch: [unet, deeplabv3plus]\n    fit.net.prune: [0, 3]",
        ),
        ("sampler: random", "sampler: tpe"),
        ("patch: 32", "patch: 64"),
    )
    study = study_of(tmp_path, *edits)
    driver = open_driver(study, home)
    count = search_on(driver, lambda training: (0.1 * training.seed,))
    assert count == 20
    driver.finish()
    history = read_history(study, home)
    assert history is not None
    impossible = [point for point in history.points if point.state == "infeasible"]
    assert impossible
    assert {point.levels["fit.net.arch"] for point in impossible} == {"deeplabv3plus"}
    assert {point.levels["fit.net.prune"] for point in impossible} == {"3"}
    assert all("prune" in point.reason for point in impossible)
    trials = optuna.load_study(study_name="tiny-search", storage=open_storage(home)).trials
    for point in impossible:
        assert trials[point.number].constraints == {"possible": 1.0}
        assert trials[point.number].state == TrialState.PRUNED


def test_another_space_or_direction_is_refused_in_words(home: Home, tmp_path: Path) -> None:
    search_on(open_driver(study_of(tmp_path), home), most=2)
    wider = study_of(tmp_path, ("fit.net.width: {int: [2, 4]}", "fit.net.width: {int: [2, 5]}"))
    with pytest.raises(ValueError, match=r"fit\.net\.width was \(int 2 to 4\) and is"):
        open_driver(wider, home)
    other_way = study_of(tmp_path, ("maximise: dice", "minimise: dice"))
    with pytest.raises(ValueError, match="was maximise dice and is minimise dice"):
        open_driver(other_way, home)


def test_several_objectives_have_a_front(home: Home, tmp_path: Path) -> None:
    edits = (("maximise: dice", "maximise: [dice, iou]"), ("sampler: random", "sampler: nsga2"))
    study = study_of(tmp_path, *edits)
    driver = open_driver(study, home)
    search_on(driver, lambda training: (*score_of(training), -score_of(training)[0]))
    driver.finish()
    assert len(driver.incumbents) > 1


@pytest.mark.parametrize("name", ["tpe", "random", "qmc", "gp", "cmaes", "nsga2"])
def test_every_sampler_asks_by_its_name(name: str, home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path, ("sampler: random", f"sampler: {name}"))
    driver = open_driver(study, home)
    assert search_on(driver, most=16) == 16
    history = read_history(study, home)
    assert history is not None
    assert history.sampler.startswith(f"{name}(seed=0), optuna ")
    assert len({point.levels["fit.method.lr"] for point in history.points}) > 3


def test_an_address_is_shown_without_its_password(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "postgresql+psycopg2://anna:tulip@127.0.0.1:1/searches"
    monkeypatch.setenv("HARNESS_OPTUNA", address)
    with pytest.raises(ValueError, match="HARNESS_OPTUNA=postgresql") as error:
        open_driver(study_of(tmp_path), home)
    assert "tulip" not in str(error.value)


def test_a_database_keeps_a_search_as_a_journal_does(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(tmp_path, ("trainings: 20", "trainings: 4"))
    search_on(open_driver(study, Home(tmp_path / "journal")))
    monkeypatch.setenv("HARNESS_OPTUNA", f"sqlite:///{tmp_path}/searches.db")
    search_on(open_driver(study, home), most=2)
    search_on(open_driver(study, home))
    in_database = open_driver(study, home).points
    monkeypatch.delenv("HARNESS_OPTUNA")
    in_journal = open_driver(study, Home(tmp_path / "journal")).points
    assert [point.scores for point in in_database] == [point.scores for point in in_journal]


def test_a_torn_last_line_of_the_journal_is_cut_off(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path)
    search_on(open_driver(study, home), most=3)
    journal = home.hidden / "optuna.journal"
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 8, "tri')
    assert open_driver(study, home).spent == 3
    assert search_on(open_driver(study, home)) == 17


def test_an_argument_that_a_sampler_does_not_take_is_a_sentence(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path, ("sampler: random", "sampler: {tpe: {n_starts: 3}}"))
    with pytest.raises(ValueError, match=r"sampler tpe: .*n_starts"):
        open_driver(study, home)


def test_a_sampler_of_optunahub_that_is_not_here_is_a_sentence(home: Home, tmp_path: Path) -> None:
    study = study_of(tmp_path, ("sampler: random", "sampler: samplers/not_there"))
    sentence = "sampler samplers/not_there is one of OptunaHub: pip install"
    if find_spec("optunahub"):
        sentence = "sampler samplers/not_there is not installed; fetch it once"
    with pytest.raises(ValueError, match=sentence):
        open_driver(study, home)
