"""Steps on a GPU as recordings: what a step launches is recorded once and then played as a whole.

Launching the operations of a step one by one takes longer than doing them. A recording (a CUDA
graph) launches all of them at once. It reads the same memory and the same generators each time, so
that a method needs to know nothing of it; a step that no recording can hold is taken as before.
"""

import logging
import warnings
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from harness.train.one_step import Steps, Streams, Terms, take_step
from harness.train.phases import Clock
from harness.train.recorded_memory import (
    NO_MEMORY,
    Bound,
    are_same,
    copies_of,
    copy_into,
    prepare_optimiser,
    why_not_recorded,
)

log = logging.getLogger(__name__)

STEPS_BEFORE = 2  # taken as they are before one is recorded: optimisers make their memory in them
WAITS = "synchronizing CUDA operation"  # how torch warns of an operation that waits for the GPU

Pattern = tuple[tuple[str, int], ...]  # who learns at a step, and in how many pieces each


@dataclass
class _Recording:
    """A recorded step: the graph, and what it reads and writes."""

    graph: Any
    terms: Terms
    streams: Streams | None  # where the crops of a step are copied to before it is played
    is_proven: bool = False  # whether it once ended with the same bits as the step itself


@dataclass
class Recorder:
    """Takes the steps of a phase: as a recording where that is possible."""

    steps: Steps
    why_not: str = ""  # the reason that no step of this phase is recorded, once there is one
    _taken: dict[Pattern, int] = field(default_factory=dict)
    _recordings: dict[Pattern, _Recording] = field(default_factory=dict)
    _stream: Any = None
    _pool: Any = None

    def __post_init__(self) -> None:
        """Prepares the optimisers, and sees what can be seen before the first step."""
        training = self.steps.training
        if training.device.type != "cuda":
            self.why_not = "it runs on no GPU"
            return
        self._stream = torch.cuda.Stream(training.device)
        self._pool = torch.cuda.graph_pool_handle()
        for optimiser in self.steps.optimisers:
            self.why_not = self.why_not or prepare_optimiser(optimiser, training.device)
        if not training.records_steps:
            self.why_not = "the run asked for steps as they are"

    def take(self, clock: Clock, streams: Streams | None) -> Terms:
        """Takes one step and returns the value of each term of its losses."""
        if self._stream is None:
            return self._plain_step(clock, streams)
        current = torch.cuda.current_stream(self.steps.training.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            terms = self._take_on_gpu(clock, streams)
        current.wait_stream(self._stream)
        return terms

    def _take_on_gpu(self, clock: Clock, streams: Streams | None) -> Terms:
        """Takes a step on the stream of its own that a recording needs."""
        pattern = self._pattern(clock)
        if any(pieces > 1 for _, pieces in pattern):
            self._give_up(NO_MEMORY)
        recording = self._recordings.get(pattern)
        if self.why_not:
            return self._plain_step(clock, streams)
        if recording is None and self._taken.get(pattern, 0) < STEPS_BEFORE:
            self._taken[pattern] = self._taken.get(pattern, 0) + 1
            if self._taken[pattern] < STEPS_BEFORE:
                return self._plain_step(clock, streams)
            return self._watched_step(clock, streams)
        if recording is None:
            recording = self._record(clock, streams)
            if recording is None:
                return self._plain_step(clock, streams)
            self._recordings[pattern] = recording
            return self._play(recording, clock, streams)
        if not recording.is_proven:
            return self._prove(recording, clock, streams)
        return self._play(recording, clock, streams)

    def _pattern(self, clock: Clock) -> Pattern:
        """Returns what decides which operations a step launches."""
        pieces = self.steps.training.state.pieces
        names = [player.name for _, player in self.steps.learners(clock)]
        return tuple((name, pieces.get(name, 1)) for name in names)

    def _plain_step(self, clock: Clock, streams: Streams | None) -> Terms:
        """Takes a step operation by operation."""
        self.steps.draws.begin_step(clock.step)
        self.steps.draws.seed_dropout()
        return take_step(self.steps, clock, streams)[0]

    def _watched_step(self, clock: Clock, streams: Streams | None) -> Terms:
        """Takes a step as it is, and sees whether a recording could hold it."""
        self.steps.draws.begin_step(clock.step)
        self.steps.draws.seed_dropout()
        mode = torch.cuda.get_sync_debug_mode()
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                terms, batch = take_step(self.steps, clock, streams)
            finally:
                torch.cuda.set_sync_debug_mode(mode)
        for note in notes:
            if WAITS in str(note.message):
                self._give_up(f"it waits for the GPU ({note.filename}:{note.lineno})")
            else:
                warnings.warn_explicit(note.message, note.category, note.filename, note.lineno)
        for name in batch.reads:
            self._give_up(f"it reads {name}")
        return terms

    def _give_up(self, reason: str) -> None:
        """Notes why steps of this phase are not recorded, and says it once."""
        if not self.why_not:
            self.why_not = reason
            for recording in self._recordings.values():
                recording.graph.reset()
                recording.terms.clear()
            self._recordings.clear()
            log.warning("%s: steps are not recorded: %s", self.steps.phase.name, reason)

    def _record(self, clock: Clock, streams: Streams | None) -> _Recording | None:
        """Records a step without taking it; None where that does not work, which is said."""
        bound = Bound(self.steps.net)
        own_streams = None if streams is None else copies_of(streams, self.steps.training.device)
        self.steps.draws.begin_step(clock.step)
        for optimiser in self.steps.optimisers:
            optimiser.zero_grad(set_to_none=True)
        torch.cuda.synchronize(self.steps.training.device)
        torch.cuda.empty_cache()  # a recording has memory of its own
        graph = torch.cuda.CUDAGraph()
        for generator in self.steps.draws.generators:
            graph.register_generator_state(generator)
        pieces = dict(self.steps.training.state.pieces)
        try:
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                terms, _ = take_step(self.steps, clock, own_streams)
            finally:
                graph.capture_end()
        except (RuntimeError, ValueError) as error:
            self._give_up(why_not_recorded(error))
        changed = bound.put_back()
        if changed:
            self._give_up(f"it sets {changed} anew")
        if self.steps.training.state.pieces != pieces:
            self.steps.training.state.pieces = pieces
            self._give_up(NO_MEMORY)
        if self.why_not:
            return None
        return _Recording(graph, terms, own_streams)

    def _play(self, recording: _Recording, clock: Clock, streams: Streams | None) -> Terms:
        """Plays a recorded step with the draws and the crops of this one."""
        self.steps.draws.begin_step(clock.step)
        self.steps.draws.seed_dropout()
        if streams is not None and recording.streams is not None:
            copy_into(recording.streams, streams)
        recording.graph.replay()
        return {name: value.clone() for name, value in recording.terms.items()}

    def _prove(self, recording: _Recording, clock: Clock, streams: Streams | None) -> Terms:
        """Plays a step, takes it again from the same start, and compares every bit.

        Where they differ, the step depends on something that is no tensor, as a count in Python.
        """
        start = self._state()
        before = [value.clone() for value in start]
        self._play(recording, clock, streams)
        played = [value.clone() for value in start]
        _set_back(start, before)
        try:
            terms = self._plain_step(clock, streams)
        except (RuntimeError, ValueError) as error:
            if why_not_recorded(error) != NO_MEMORY:
                raise
            return self._without_recordings(start, before, clock, streams)
        if any(pieces > 1 for _, pieces in self._pattern(clock)):
            self._give_up(NO_MEMORY)
            return terms
        repeats = torch.are_deterministic_algorithms_enabled()
        for value, result in zip(start, played, strict=True):
            if not are_same(value, result, repeats):
                self._give_up("a recorded step and a step as it is end differently")
                break
        recording.is_proven = True
        return terms

    def _without_recordings(
        self, start: list[Tensor], before: list[Tensor], clock: Clock, streams: Streams | None
    ) -> Terms:
        """Takes a step again from its start, with the memory that recordings had."""
        self._give_up(NO_MEMORY)
        self._pool = None
        torch.cuda.empty_cache()
        _set_back(start, before)
        return self._plain_step(clock, streams)

    def _state(self) -> list[Tensor]:
        """Returns every tensor that a step may change."""
        tensors = [value.data for value in self.steps.net.parameters()]
        tensors += list(self.steps.net.buffers())
        for optimiser in self.steps.optimisers:
            for values in optimiser.state.values():
                tensors += [value for value in values.values() if isinstance(value, Tensor)]
        return tensors


@torch.no_grad()
def _set_back(tensors: list[Tensor], before: list[Tensor]) -> None:
    """Gives tensors the values that they had before."""
    for value, old in zip(tensors, before, strict=True):
        value.copy_(old)
