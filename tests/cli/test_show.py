"""`harness show` and `harness trace`: which run is meant, and the candidates where that is open."""

from collections import Counter

from harness.store import Home
from tests.cli.test_cli import call, call_json
from tests.made.recorded import fill, scores, study_at
from tests.made.study_files import BASE


def _ids_in(text: str, ids: list[str]) -> list[str]:
    """The runs of which a text has the id."""
    return [run_id for run_id in ids if run_id in text]


def test_an_open_question_lists_the_candidates(home: Home) -> None:
    nothing_yet = "which run? there is none yet; harness run makes them\n"
    assert call("show", "") == (2, "", nothing_yet)
    study = study_at(home, BASE + "seeds: 20\n")
    ids = fill(home, study, scores(lambda trial: 0.5))

    for word in ("show", "trace"):
        code, out, err = call(word, " ")
        assert code == 2
        assert out == ""
        assert "which run? name one of them by its id, of which the newest 10 are:" in err
        assert len(_ids_in(err, ids)) == 10

    first_letters = Counter(run_id[0] for run_id in ids)
    letter, count = first_letters.most_common(1)[0]
    assert count > 1
    code, out, err = call("show", letter)
    assert code == 2
    assert out == ""
    assert f"{count} runs begin with {letter!r}; name one of them by its id:" in err
    assert _ids_in(err, ids) == [run_id for run_id in ids if run_id[0] == letter]

    for number in (0, 7, 19):
        run_id = ids[number]
        trial = study.cells[number].trial
        assert call_json("show", run_id)["id"] == run_id
        assert call_json("show", trial.key)["id"] == run_id
