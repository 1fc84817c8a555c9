"""The settings that repeat a fit and tell nothing else of it: its seed, and the fold held out."""

SEED = "fit.seed"
FOLD = "fit.fold"
REPETITIONS = (SEED, FOLD)
