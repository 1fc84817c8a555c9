"""The section Search of a report: the pick and its bias first, every point with its runs."""

import csv
import io
import math
from dataclasses import replace

import pytest

from harness.report.search_figures import best_figure, parallel_figure, race_figure
from harness.report.search_maps import front_figure, importance_figure, map_table
from harness.report.search_page import search_html
from harness.report.search_text import points_csv, search_markdown
from harness.search.history import SearchHistory
from harness.search.importance import Importance, Importances
from tests.made.pages import parse_page
from tests.made.searched import DICE, DIMENSIONS, ECE, history, point, race_of_many

INIT, PRUNE, METHOD, WEIGHT = DIMENSIONS
WEIGHTS = Importances(
    "dice",
    (Importance("fit.init", 0.8, 0.7, 0.9, 0.2), Importance("fit.method", 0.02, 0.0, 0.1, 0.2)),
    "from 60 points in 4 settings",
)


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> SearchHistory:
    """A race of 62 points; its importances are given, as forests take seconds."""
    monkeypatch.setattr("harness.report.search_page.importances", lambda history: WEIGHTS)
    return race_of_many()


def links_of(search: SearchHistory) -> dict[str, str]:
    """A run for every trial."""
    links: dict[str, str] = {}
    for entry in search.points:
        for key in entry.trial_keys:
            links[key] = f"run-of-{key}"
    return links


def test_the_section_names_the_pick_its_bias_and_every_point(search: SearchHistory) -> None:
    html = search_html(search, links_of(search))
    page = parse_page(html)
    best = max(search.points, key=lambda point: point.means or (0.0,))
    assert f"Point {best.number} has the best dice" in html
    assert "the fresh seeds are to be believed" in html
    assert [f"point-{point.number}" in page.ids for point in search.points] == [True] * 62
    runs = {link.removeprefix("#run-") for link in page.links if link.startswith("#run-")}
    assert runs == set(links_of(search).values())
    assert "1 failed, 1 infeasible" in html
    assert "may owe its share to chance" in html


def test_a_figure_has_a_mark_for_each_point_and_says_what_it_is(search: SearchHistory) -> None:
    links = links_of(search)
    best = best_figure(search, links)
    assert best.count("<circle") == 60
    assert best.count("<a href") == 60
    race = race_figure(search, links)
    assert race.count("<circle") == 62  # those without a training too
    assert race.count('class="diamond"') == 1
    assert race.count("<title>") == 62
    lines = parallel_figure(search, links)
    assert lines.count('stroke-width="4"') == 1
    assert lines.count("not set") == 1
    for figure in (best, race, lines, importance_figure(WEIGHTS)):
        parse_page(figure)


def test_names_of_levels_are_text() -> None:
    evil = {"fit.init": "random", "fit.net.prune": "[]", "fit.method": "supervised"}
    search = history(replace(point(0, (0.5,), "incumbent", levels=evil), reason="<b>&"))
    html = search_html(search, {})
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html
    assert '<a href="#run-' not in html


def test_a_map_leaves_places_empty_where_no_point_was() -> None:
    levels = {"fit.init": "random", "fit.method": "supervised"}
    search = history(point(0, (0.5,), levels=levels), point(1, (0.7,), levels=levels))
    table = map_table(search, (METHOD, INIT))
    assert table.count("<td></td>") == 3
    assert "<span>0.60</span><small>2</small>" in table.replace("0.600", "0.60")


def test_two_objectives_have_a_front() -> None:
    values = [(0.5, 0.2), (0.6, 0.3), (0.5, 0.3)]
    points = [point(number, means, "complete") for number, means in enumerate(values)]
    search = history(*points, objectives=(DICE, ECE))
    figure = front_figure(search, {})
    assert figure.count('class="diamond"') == 2
    assert figure.count('class="dot"') == 1
    assert front_figure(history(point(0, (0.5,))), {}) == ""


def test_a_search_without_a_point_that_ended_has_a_section() -> None:
    html = search_html(history(point(0, None, "failed")), {})
    assert "No point has ended yet" in html
    parse_page(html)


def test_the_same_as_markdown_and_csv(search: SearchHistory) -> None:
    text = search_markdown(search)
    assert text.startswith("\n## Search\n")
    assert text.count("\n| ") == 12  # head, rule, and the ten best
    rows = list(csv.DictReader(io.StringIO(points_csv(search))))
    assert len(rows) == 62
    dice = [float(row["dice"]) for row in rows if row["dice"]]
    means = [point.means[0] for point in search.points if point.means]
    assert dice == pytest.approx(means)
    assert rows[-1]["state"] == "failed"
    assert not math.isnan(sum(dice))
