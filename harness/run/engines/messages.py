"""Jobs and events as JSON: all that travels between a study and its workers on other machines."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.run.events import Ended, Epochs, Event, Lost, Measured, Started
from harness.run.jobs import Job, Outcome
from harness.spec.states import State

Message = dict[str, Any]


def job_text(job: Job) -> str:
    """A job as JSON."""
    return json.dumps(_plain_job(job))


def read_job(text: str) -> Job:
    """Reads what `job_text` wrote."""
    return _job_from(json.loads(text))


def _plain_job(job: Job) -> Message:
    """A job as a plain value, its trials in it."""
    trials = [_plain_job(trial) for trial in job.trials]
    return {
        "key": job.key,
        "kind": job.kind,
        "name": job.name,
        "value": job.value,
        "needs": sorted(job.needs),
        "trials": trials,
    }


def _job_from(raw: Message) -> Job:
    """Reads what `_plain_job` made."""
    trials = tuple(_job_from(trial) for trial in raw["trials"])
    needs = frozenset(raw["needs"])
    return Job(raw["key"], raw["kind"], raw["name"], raw["value"], needs, trials)


def event_message(event: Event) -> Message:
    """An event as a plain value, which names its job or trial by its key."""
    if isinstance(event, Epochs):
        rows = [dict(row) for row in event.rows]
        return {"event": "epochs", "rows": rows}
    if isinstance(event, Started):
        return {"event": "started", "key": event.job.key}
    if isinstance(event, Lost):
        return {
            "event": "lost",
            "key": event.job.key,
            "error": event.error,
            "seconds": event.seconds,
            "is_final": event.is_final,
        }
    kind = "measured" if isinstance(event, Measured) else "ended"
    return {"event": kind, **_plain_outcome(event.outcome)}


def _plain_outcome(outcome: Outcome) -> Message:
    """How a job ended, as a plain value; its lives are counted by the study."""
    return {
        "key": outcome.job.key,
        "state": outcome.state,
        "error": outcome.error,
        "trace": outcome.trace,
        "seconds": outcome.seconds,
        "result": dict(outcome.result),
    }


def read_event(message: Message, job: Job) -> Event:
    """Reads what `event_message` made of an event of this job or of a trial of it."""
    kind = message["event"]
    if kind == "epochs":
        return Epochs(job, message["rows"])
    unit = unit_of(job, message["key"])
    if kind == "started":
        return Started(unit)
    if kind == "lost":
        return Lost(unit, message["error"], message["seconds"], message["is_final"])
    outcome = _outcome_from(message, unit)
    if kind == "measured":
        return Measured(job, outcome)
    return Ended(replace(outcome, job=job))


def unit_of(job: Job, key: str) -> Job:
    """The trial of a job that has this key, else the job itself."""
    for trial in job.trials:
        if trial.key == key:
            return trial
    return job


def _outcome_from(message: Mapping[str, Any], job: Job) -> Outcome:
    """Reads what `_plain_outcome` made."""
    return Outcome(
        job,
        State(message["state"]),
        message["error"],
        message["trace"],
        message["seconds"],
        result=message["result"],
    )
