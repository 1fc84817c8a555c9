"""The tidy table of a trial's rows, and the means of its metrics."""

from harness.measure.rows import Row
from harness.measure.table import means, tidy
from harness.spec.columns import ROW_COLUMNS
from tests.made.fits import small_trial


def test_rows_stand_beside_the_seed_and_fold_that_they_belong_to() -> None:
    trial = small_trial(fit={"fold": [1, 4], "seed": 3})
    table = tidy(trial, [Row("swd", 0.5, image="a", dimensions={"map": "gradient"})])
    assert list(table.columns) == [*ROW_COLUMNS, "map"]
    assert table.to_dict("records") == [
        {
            "metric": "swd",
            "value": 0.5,
            "image": "a",
            "group": None,
            "seed": 3,
            "fold": 1,
            "map": "gradient",
        }
    ]


def test_a_table_without_rows_has_its_columns() -> None:
    table = tidy(small_trial(), [])
    assert list(table.columns) == list(ROW_COLUMNS)
    assert means(table, []) == {}


def test_means_are_of_each_metric_and_level_of_its_dimensions() -> None:
    rows = [
        Row("dice", 0.5, image="a"),
        Row("dice", 1.0, image="b"),
        Row("iou", 0.25, dimensions={"class": "left/right"}),
        Row("iou", 0.75, dimensions={"class": "cell"}),
    ]
    table = tidy(small_trial(), rows)
    assert means(table, []) == {"dice": 0.75, "iou/left_right": 0.25, "iou/cell": 0.75}
