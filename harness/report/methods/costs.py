"""What a study has cost in time, memory and energy, as sentences, from what its jobs recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.report.evidence import Evidence
from harness.report.methods.words import count_text

ENERGY = "gpu_energy_wh"
MEMORY = (("peak_memory_gb", "of memory"), ("gpu_memory_gb", "of a GPU's"))

Job = Mapping[str, Any]  # what a fit or a trial says of itself


def cost_sentences(evidence: Evidence, *, others_before: bool) -> Iterator[str]:
    """How long trainings and measurements took, and what they used; each sentence without its dot.

    A job of an earlier version says nothing of what it used.
    """
    fits = list(evidence.fits.values())
    trials = list(evidence.results.values())
    if not fits:
        yield "Energy was not measured"
        return
    training = time_text(sum(fit["seconds"] for fit in fits))
    measuring = time_text(sum(trial["seconds"] for trial in trials))
    count = count_text(len(fits), "training")
    text = f"{count} took {training} and measuring {measuring}, added up over all jobs"
    if others_before:
        text += "; the other trainings that these need come on top"
    yield text
    yield from _memory_sentences(fits)
    yield _energy_sentence(fits, trials)


def _memory_sentences(fits: Sequence[Job]) -> Iterator[str]:
    """The most memory that any training had, of its process and of a GPU."""
    peaks = []
    for name, of_what in MEMORY:
        values = _values(fits, name)
        if values:
            peaks.append(f"{max(values):.2g} GB {of_what}")
    if peaks:
        yield f"The largest training took {' and '.join(peaks)}"


def _energy_sentence(fits: Sequence[Job], trials: Sequence[Job]) -> str:
    """The energy of GPUs by their own counters, and of how many jobs they told it."""
    parts = []
    for jobs, work in ((fits, "training"), (trials, "measuring")):
        values = _values(jobs, ENERGY)
        if values:
            text = f"{energy_text(sum(values))} in {work}"
            if len(values) < len(jobs):
                text += f" (told by {len(values)} of {len(jobs)})"
            parts.append(text)
    if not parts:
        return "Energy was not measured"
    return (
        f"By their own counters GPUs used {' and '.join(parts)}; the energy of a shared GPU is "
        "divided evenly among the processes on it, and that of processors was not measured"
    )


def _values(jobs: Sequence[Job], name: str) -> list[float]:
    """What the jobs that measured it have used of something."""
    values = []
    for job in jobs:
        use = job.get("use", {})
        if name in use:
            values.append(float(use[name]))
    return values


def energy_text(watt_hours: float) -> str:
    """An energy as a methods section says it."""
    if watt_hours >= 1000:
        return f"{watt_hours / 1000:.3g} kWh"
    return f"{watt_hours:.2g} Wh" if watt_hours < 1 else f"{watt_hours:.3g} Wh"


def time_text(seconds: float) -> str:
    """A time as a methods section says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
