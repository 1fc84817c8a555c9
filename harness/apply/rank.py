"""Models ranked on images, and everything about it written into a folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.apply.answer import answer
from harness.apply.contact_sheet import predict_some, sheet_of_all, sheet_of_model
from harness.apply.interview import Setting
from harness.apply.model import LeftOut, Model
from harness.apply.page import PageContent, page
from harness.apply.questions import estimators_left_out
from harness.apply.reference import Reference
from harness.apply.score_table import ScoreTable
from harness.apply.scores import Selection, score_models
from harness.apply.standings import Ranking, rank_models
from harness.apply.tables import agreement_csv, left_out_csv, ranking_csv, scores_csv
from harness.data.refused import Refused
from harness.store import file_name, write

PAGE = "ranking.html"


@dataclass(frozen=True)
class Ranked:
    """What came of it."""

    ranking: Ranking
    table: ScoreTable
    page: Path

    @property
    def answer(self) -> str:
        """The answer in a sentence."""
        return answer(self.ranking)


def check_folder(folder: Path) -> None:
    """Makes the folder of the report; `Refused` where nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise Refused(
            f"--to {folder}: the folder cannot be made ({problem}); say another"
        ) from None
    if not os.access(folder, os.W_OK):
        raise Refused(f"--to {folder}: nothing can be written into this folder; say another")


def rank(
    models: Sequence[Model | LeftOut],
    selection: Selection,
    setting: Setting,
    folder: Path,
    say: Callable[[str], None] = lambda text: None,
) -> Ranked:
    """Scores, ranks and writes; `Refused` where no model can be used."""
    table = score_models(models, selection, setting)
    if not table.models:
        reasons = [f"{model.name}: {model.reason}" for model in table.left_out]
        raise Refused("\n".join(["no model can be used on these images:", *reasons]))
    if not table.columns:
        raise Refused("\n".join(["no model can answer any question:", *table.gaps]))
    ranking = rank_models(table)
    say("drawing predictions")
    reference = Reference(selection.images)
    predictions = predict_some(table.models, table.planes, reference, setting.device)
    names = [standing.model for standing in ranking.first.standings]
    sheet = sheet_of_all(predictions, names)
    content = PageContent(
        ranking=ranking,
        table=table,
        selection=selection,
        sheet=sheet,
        facts=_facts(table, selection),
        estimators_left_out=estimators_left_out(),
    )
    texts = {
        PAGE: page(content),
        "ranking.csv": ranking_csv(ranking),
        "scores.csv": scores_csv(table),
        "agreement.csv": agreement_csv(ranking),
        "left_out.csv": left_out_csv(table),
    }
    for name, text in texts.items():
        write(folder / name, text)
    sheet.save(folder / "predictions.png")
    for name in names:
        sheet_of_model(predictions, name).save(folder / f"predictions-{file_name(name)}.png")
    return Ranked(ranking, table, folder / PAGE)


def _facts(table: ScoreTable, selection: Selection) -> tuple[tuple[str, str], ...]:
    """What was ranked on what."""
    files = selection.images.files
    first = files[0]
    noun = "channel" if first.channels == 1 else "channels"
    paths = {file.path for file in files}
    sources = "; ".join(f"{model.name}: {model.source}" for model in table.models)
    return (
        ("images", f"{len(table.planes)} of {len(paths)} files, from {first.path}"),
        ("pixels", f"{selection.images.dtype}, {first.channels} {noun}"),
        ("models", sources),
    )
