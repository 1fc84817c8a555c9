"""The code behind a fit or trial: what its record says, and what a later plan compares."""

from harness.spec.shipped_code import source_digest
from harness.spec.values import Fit, Trial
from harness.spec.walk import parts_in


def code_of(value: Fit | Trial) -> dict[str, str]:
    """A digest of the code of each component of a fit or trial, by kind and name."""
    digests = {}
    for part in parts_in(value):
        digests[f"{part.kind}/{part.name}"] = source_digest(part.component)
    return digests
