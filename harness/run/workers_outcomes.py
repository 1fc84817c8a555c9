"""What workers in batch jobs have done of a plan, as the finished folders in the store say it."""

from harness.run.jobs import Job, Outcome
from harness.run.plan import Plan, jobs
from harness.spec.records import FitRecord, TrialRecord
from harness.store import Home


def outcomes_of_workers(plan: Plan, home: Home) -> list[Outcome]:
    """How each fit and trial of a plan has ended that is finished now; the plan was made before."""
    outcomes = []
    for job in jobs(plan):
        for unit in job.units:
            record = _record_of(unit, home)
            if record is not None:
                outcomes.append(Outcome(unit, record.state, seconds=record.seconds))
    return outcomes


def _record_of(unit: Job, home: Home) -> FitRecord | TrialRecord | None:
    """The record of a finished fit or trial; None while there is none."""
    is_fit = unit.kind == "fit"
    folder = home.store("fits" if is_fit else "trials").find(unit.key)
    if folder is None:
        return None
    return FitRecord.read(folder) if is_fit else TrialRecord.read(folder)
