"""Which finished folders a job reads, for a machine that does not see the home of its study."""

from harness.run.engines.parcels import Parcel, parcel_in
from harness.run.jobs import Job
from harness.spec.trusted import read_trusted_fit, read_trusted_part, read_trusted_trial
from harness.spec.values import Fit, upstream_fits
from harness.store import Home


def inputs_of(job: Job, home: Home) -> list[Parcel]:
    """The finished folders that a job may read, as far as a home has them."""
    fits: dict[str, Fit] = {}
    for fit in _fits_of(job):
        fits[fit.key] = fit
    parcels = [parcel_in(home, "fits", key) for key in fits]
    return [parcel for parcel in parcels if parcel is not None]


def _fits_of(job: Job) -> list[Fit]:
    """Every fit that a job names, its own too: made again with more in it, it keeps what it had."""
    value = job.value
    fits: list[Fit] = []
    if job.trials:
        for trial in job.trials:
            fits += _fits_of(trial)
        return fits
    if "trial" in value:
        return list(read_trusted_trial(value["trial"], value["key"]).lineage)
    if "fit" in value:
        fits += read_trusted_fit(value["fit"], value["key"]).lineage
        for key, plain in value["picks"].items():
            pick = read_trusted_part("pick", plain, key)
            fits += [fit for fit, _ in upstream_fits([pick])]
    return fits
