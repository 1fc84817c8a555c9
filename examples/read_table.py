"""A study's table in Python: the mean Dice of each start and seed, as CSV.

How to use it, in the folder where the study has run (or with HARNESS_HOME set to it):

    python examples/read_table.py smoke

`runs` has a row for each trial, with its settings as columns; `rows` has a row for each number
that a probe measured.
"""

import sys

from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.store import Home

home = Home.here()
tracker = Tracker(uri(home), home)
runs, rows = table(tracker, sys.argv[1])
settings = runs[["run", "fit.init", "fit.seed"]]
dice = rows[rows["metric"] == "dice"].merge(settings, on="run")
means = dice.groupby(["fit.init", "fit.seed"])["value"].mean()
means.unstack().to_csv(sys.stdout)
