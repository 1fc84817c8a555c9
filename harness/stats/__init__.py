"""Tests, effects, intervals, corrections and rank correlations: arrays in, numbers out."""

from harness.spec.catalogue import register

test = register("test")
effect = register("effect")
interval = register("interval")
correction = register("correction")
rank = register("rank")
