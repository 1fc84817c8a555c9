"""Which checkpoint of a fit is tested: a score per epoch, higher is better."""

from harness.spec.catalogue import register

pick = register("pick")
