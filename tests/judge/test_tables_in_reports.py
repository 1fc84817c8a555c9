"""Tables stand in a report as the paper lays them out, and every number leads to its runs."""

import io
from pathlib import Path

import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.tables import Tabulated, tabulate
from harness.report.page import page
from harness.report.paper_tables_latex import blocks_in_room, tables_latex
from harness.report.paper_tables_text import tables_csv
from harness.report.provenance import provenance
from harness.study.load import Study
from tests.judge.attributed import NUMBERS, TABLE, all_entries, attributed_results, study_of
from tests.made.latex import complaints
from tests.made.pages import parse_page
from tests.made.synthetic import recorded_runs

pytestmark = pytest.mark.usefixtures("attributed_probe")


def html_of(study: Study, tables: list[Tabulated], runs: pd.DataFrame, rows: pd.DataFrame) -> str:
    recorded = recorded_runs(study, runs)
    verdicts = judge(study, runs, rows, recorded)
    return page(verdicts, [], provenance(study, recorded), tables)


def test_the_page_has_the_papers_layout_and_every_number_leads_to_its_runs(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("title: E", "title: <script>e"))
    runs, rows = attributed_results(study)
    html = html_of(study, tabulate(study, runs, rows), runs, rows)
    seen = parse_page(html)
    assert not seen.tags & {"script"}
    assert len(seen.ids) == len(set(seen.ids))
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
    section = html.split('<section id="table-0">')[1].split("</section>")[0]
    assert (
        '<th colspan="2" scope="colgroup">SWd</th><th colspan="2" scope="colgroup">FWd</th>'
        in section
    )
    assert section.count('class="label again" scope="row">Lucchi') == 1
    assert (
        '<td data-k="SWd · Foreground"><span><a href="#table-0-runs-3"><b>11.05 ± 0.58</b></a> '
        "<small>(3)" in section
    )
    assert '<span class="theirs">30.555 ± 0.5</span>' in section
    assert section.count('<span class="theirs">–</span>') == 14
    assert "as published (000, Table 4); only where distance is wasserstein" in section


def test_many_columns_stand_in_a_block_for_each_metric(tmp_path: Path) -> None:
    numbers = NUMBERS + "".join(f"SNEMI,ImageNet,Map {i},swd,{i},\n" for i in range(4))
    study = study_of(tmp_path, TABLE, numbers)
    runs, rows = attributed_results(study)
    tables = tabulate(study, runs, rows)
    assert len(tables[0].columns) == 12
    assert html_of(study, tables, runs, rows).count('<table class="cards paper">') == 2
    for block in blocks_in_room(tables[0]):
        assert len({tables[0].columns[j].metric for j in block}) == 1
    text = tables_latex(tables)
    assert complaints(text, tmp_path) == []
    assert text.count(r"\begin{tabular}") == len(blocks_in_room(tables[0])) > 2


def test_latex_is_balanced_with_a_cell_for_each_column(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("SNEMI", "50 % & more"))
    text = tables_latex(tabulate(study, *attributed_results(study)))
    stripped = text.replace(r"\{", "").replace(r"\}", "")
    assert stripped.count("{") == stripped.count("}")
    assert text.count(r" &  & SWd \\") == 2  # with published numbers one column fills the page
    assert r" &  & \multicolumn{2}{c}{FWd} \\" in text
    assert text.count(r"\cmidrule(lr){3-3}") == 2
    assert text.count(r"\cmidrule(lr){3-4}") == 1
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    lines = [line for line in body if line != r"\addlinespace"]
    for line in lines:
        assert line.count(" & ") == 2
        assert line.endswith(r" \\")
    assert lines[3].startswith(
        r" & ImageNet & \textbf{11.05 $\pm$ 0.58 (3)} {[}30.555 $\pm$ 0.5] \\"
    )
    assert body[2] == r"\addlinespace"


def test_csv_round_trips(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (table,) = tabulate(study, *attributed_results(study))
    lines = pd.read_csv(io.StringIO(tables_csv([table])))
    means = [entry.mean for entry in all_entries(table)]
    assert lines["mean"].tolist() == means
    assert lines["published"].dropna().tolist() == [30.555, 32.06]
    all_runs = {f"run{number:04}" for number in range(12)}
    assert set(lines["runs"].iloc[0].split()) <= all_runs
