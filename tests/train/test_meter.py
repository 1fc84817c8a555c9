"""What a job uses is watched: memory by the kernel, a card by what its driver says of it."""

import ctypes
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from harness.measure.trial import measure
from harness.record.result import use_metrics
from harness.record.units import UNITS, USE, USE_WORDS, is_cost
from harness.spec.records import FitRecord, TrialRecord
from harness.store import Home, read_json, write_json
from harness.train import loop, meter
from harness.train.card import Card, CardReading, open_card
from harness.train.meter import Meter, Use, use_between
from harness.train.state import FitInProgress, ResumeState, note_use
from tests.made.fits import CPU, small_fit, small_trial

NOT_SUPPORTED = 3
UUID = "GPU-6f1d"


class FakeDriver:
    """A library that answers as NVML does: a code, and the answer where a pointer says."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:  # noqa: N802
        handle._obj.value = 7
        return 0 if uuid.decode() == UUID else NOT_SUPPORTED

    def __getattr__(self, name: str) -> Callable[..., int]:
        if not name.startswith("nvmlDeviceGet"):
            raise AttributeError(name)

        def answer(handle: ctypes.c_void_p, pointer: Any, *others: Any) -> int:
            assert handle.value == 7
            self.asked.append(name)
            value = self.answers.get(name.removeprefix("nvmlDeviceGet"))
            if value is None:
                return NOT_SUPPORTED
            if name == "nvmlDeviceGetUtilizationRates":
                pointer._obj.gpu = value
            else:
                pointer._obj.value = value
            return 7 if "Processes" in name else 0

        return answer


def card_with(**answers: Any) -> tuple[FakeDriver, Card]:
    driver = FakeDriver(**answers)
    card = open_card(UUID.removeprefix("GPU-"), driver)
    assert card is not None
    return driver, card


def test_a_card_is_asked_by_its_uuid_for_what_it_tells() -> None:
    answers = {"UtilizationRates": 60, "TotalEnergyConsumption": 5_000_000_000}
    _, card = card_with(**answers, ComputeRunningProcesses_v3=2)
    reading = card.read()
    assert (reading.percent, reading.joules, reading.watts) == (60.0, 5_000_000.0, None)
    assert reading.processes == 2
    _, old_card = card_with(PowerUsage=70_500)
    reading = old_card.read()
    assert (reading.percent, reading.joules, reading.watts) == (None, None, 70.5)
    assert reading.processes == 0
    assert open_card("another", FakeDriver()) is None


def test_of_a_card_in_instances_nothing_is_told() -> None:
    assert open_card(UUID, FakeDriver(MigMode=1)) is None
    assert open_card(UUID, FakeDriver(MigMode=0)) is not None


def test_energy_is_counted_or_integrated_and_shared_by_those_who_hold_the_card() -> None:
    before = CardReading(10.0, 0.0, joules=1000.0, processes=1)
    use = use_between(before, CardReading(14.0, 50.0, joules=1600.0, processes=2))
    assert use == Use(percent_seconds=200.0, use_seconds=4.0, joules=300.0, energy_seconds=4.0)
    use = use_between(CardReading(0.0, watts=100.0), CardReading(2.0, watts=200.0, processes=1))
    assert (use.joules, use.energy_seconds, use.use_seconds) == (300.0, 2.0, 0.0)
    assert use_between(before, CardReading(14.0, joules=1600.0)).energy_seconds == 0.0


def test_what_was_watched_in_part_is_left_out() -> None:
    first = Use(3e9, 1e9, percent_seconds=800.0, use_seconds=10.0, joules=3600.0, energy_seconds=10)
    second = Use(2e9, 4e9, percent_seconds=200.0, use_seconds=10.0)
    total = first.plus(second)
    assert total.to_plain(20.0) == {
        "peak_memory_gb": 3.0,
        "gpu_memory_gb": 4.0,
        "gpu_use_percent": 50.0,
    }
    assert first.to_plain(10.0)["gpu_energy_wh"] == 1.0
    assert Use().to_plain(0.0) == {}


def test_a_meter_watches_while_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "PAUSE", 0.01)
    driver, card = card_with(UtilizationRates=40, PowerUsage=36_000, ComputeRunningProcesses_v3=1)
    began = time.monotonic()
    own = Meter(CPU, card)
    while driver.asked.count("nvmlDeviceGetPowerUsage") < 4:
        assert time.monotonic() - began < 60.0
        time.sleep(0.01)
    first = own.take()
    second = own.take(up_to_now=True)
    seconds = time.monotonic() - began
    own.stop()
    assert first.use_seconds > 0.0
    assert second.use_seconds > 0.0
    total = first.plus(second)
    assert total.energy_seconds == pytest.approx(total.use_seconds)
    assert total.energy_seconds <= seconds  # nothing is counted twice
    assert total.joules == pytest.approx(36.0 * total.energy_seconds)
    assert total.percent_seconds == pytest.approx(40.0 * total.use_seconds)
    names = [thread.name for thread in threading.enumerate()]
    while "meter" in names:
        assert time.monotonic() - began < 60.0
        names = [thread.name for thread in threading.enumerate()]


WORK_AFTER_OTHER_WORK = """
import numpy as np
import torch
from harness.train.meter import Meter

before = np.ones(40_000_000)  # 320 MB, of another job
del before
own = Meter(torch.device("cpu"))
idle = own.take().memory
work = np.ones(12_500_000)  # 100 MB
del work
print(idle, own.take().memory)
"""


@pytest.mark.skipif(not meter.STATUS.exists(), reason="the kernel tells no peak of memory here")
def test_the_peak_of_memory_is_that_of_the_work_alone() -> None:
    """In a process of its own, for what tests before this one have left may be freed meanwhile."""
    command = [sys.executable, "-c", WORK_AFTER_OTHER_WORK]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    idle, grown = map(float, printed.split())
    size = 100_000_000
    assert idle > 0.0
    assert 0.8 * size < grown - idle < 1.6 * size


def test_a_fit_and_a_trial_record_what_they_used(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"UtilizationRates": 40, "PowerUsage": 36_000, "ComputeRunningProcesses_v3": 1}
    monkeypatch.setattr(meter, "card_of", lambda device: card_with(**answers)[1])
    trial = small_trial()
    fit_folder = loop.fit(trial.fit, [], home, CPU)
    record = FitRecord.read(fit_folder)
    assert record.use["peak_memory_gb"] > 0.05
    assert record.use["gpu_energy_wh"] == pytest.approx(record.seconds * 36 / 3600, rel=0.5)
    measured = TrialRecord.read(measure(trial, home, CPU))
    assert measured.fit["use"] == record.use
    assert measured.use["gpu_energy_wh"] > 0.0
    assert measured.metrics.keys().isdisjoint(measured.use)
    metrics = use_metrics("fit", record.use)
    assert metrics["gpu_energy_wh/fit"] == record.use["gpu_energy_wh"]
    assert all(is_cost(name) for name in metrics)


def test_a_fit_that_goes_on_adds_to_what_it_has_used(home: Home) -> None:
    earlier = Use(9e9, joules=36.0, energy_seconds=5.0)
    training = FitInProgress(small_fit(), {}, home.folder, CPU, lambda progress: None)
    training.state = ResumeState(use=asdict(earlier))
    training.meter = Meter(CPU, card_with(PowerUsage=36_000, ComputeRunningProcesses_v3=1)[1])
    use = note_use(training, up_to_now=True)
    training.meter.stop()
    assert use.memory == 9e9
    assert use.energy_seconds > 5.0
    assert use.joules == pytest.approx(36.0 * (use.energy_seconds - 4.0))
    assert Use(**training.state.snapshot()["use"]) == use


def test_a_record_of_before_reads_as_one_that_measured_nothing(home: Home) -> None:
    folder = loop.fit(small_fit(), [], home, CPU)
    record = read_json(folder / "fit.json")
    assert record["use"]
    del record["use"]
    write_json(home.folder / "fit.json", record)
    assert FitRecord.read(home.folder).use == {}
    old_state = ResumeState().snapshot()
    del old_state["use"]
    assert ResumeState(**old_state).use == {}


def test_every_number_of_use_has_words_and_a_unit() -> None:
    everything = Use(1e9, 1e9, 50.0, 10.0, 10.0, 10.0).to_plain(10.0)
    assert everything.keys() == USE.keys() == USE_WORDS.keys()
    for name in everything:
        assert {f"{name}/fit", f"{name}/measure"} <= UNITS.keys()
    assert is_cost("seconds/epoch")
    assert not is_cost("dice")
    assert not is_cost("loss/fit")
