"""What happens to the jobs of a study, as its runs in the database say it while it happens."""

from types import TracebackType

from harness.record.live import LiveRuns
from harness.record.result import TrialResult, measured_result
from harness.run.durations import cost_class, cost_class_of_trial, note_duration
from harness.run.events import Epochs, Event, Started
from harness.run.jobs import Outcome
from harness.run.plan import Plan, TrialPlan
from harness.spec.states import State
from harness.spec.values import Fit
from harness.store import Home


class Recording:
    """Opens the run of each trial when its fit starts, and closes it when the trial has ended.

    However the study ends, no run stays open behind it.
    """

    def __init__(self, plan: Plan, home: Home, live: LiveRuns) -> None:
        """Looks up the fits and trials of a plan once, however many events there will be."""
        self.live = live
        self._home = home
        self._fits: dict[str, Fit] = {}
        self._trials: dict[str, TrialPlan] = {}
        self._trials_of_fit: dict[str, list[TrialPlan]] = {}
        self.add(plan)

    def add(self, plan: Plan) -> None:
        """Takes up the fits and trials of a plan, of a search those of its next point."""
        for planned in plan.fits:
            self._fits[planned.fit.key] = planned.fit
        for trial in plan.todo:
            self._trials[trial.cell.trial.key] = trial
            if trial.action == "run":
                fit = trial.cell.trial.fit.key
                self._trials_of_fit.setdefault(fit, []).append(trial)

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Writes all that is due, and closes the runs of trials that have not ended."""
        self.live.kill_open_runs()

    def close_what_is_measured(self, plan: Plan) -> None:
        """Records the trials whose folders are complete and of which the database knows nothing."""
        for trial in plan.todo:
            if trial.action == "record":
                self._close(trial, measured_result(trial.cell, self._home))

    def follow(self, event: Event, outcome: Outcome | None) -> None:
        """Writes what an event means for the runs; `outcome` is that of a fit or trial, if any."""
        if isinstance(event, Started):
            self._open(event.job.key)
        elif isinstance(event, Epochs):
            self.live.append(event.job.key, event.rows)
        if outcome is not None:
            self._record_outcome(outcome)

    def _open(self, key: str) -> None:
        """Opens the run of a trial that starts, or those of all trials of a fit that starts."""
        trials = list(self._trials_of_fit.get(key, ()))
        if key in self._trials:
            trials.append(self._trials[key])
        for trial in trials:
            self.live.open_run(trial.cell, trial.reason, start_over=trial.start_over)

    def _record_outcome(self, outcome: Outcome) -> None:
        """Closes the run of a trial, however it ended, and notes how long a job took."""
        key = outcome.job.key
        if outcome.elsewhere:
            self._record_work_of_others(outcome)
            return
        if key in self._trials:
            trial = self._trials[key]
            self._close(trial, self._result_of(trial, outcome))
        if outcome.state != State.FINISHED:
            return
        if key in self._fits:
            cost = cost_class(self._fits[key])
        else:
            cost = cost_class_of_trial(self._trials[key].cell)
        note_duration(self._home, cost, outcome.seconds)

    def _record_work_of_others(self, outcome: Outcome) -> None:
        """Sees to it that a trial which another process has measured is recorded, once.

        That process does it; it may have been killed just before. What has failed there, or is
        still at work, is recorded there alone.
        """
        trial = self._trials.get(outcome.job.key)
        if trial is None:
            return
        result = None
        if outcome.state in (State.FINISHED, State.DIVERGED):
            result = measured_result(trial.cell, self._home)
        if result is None:
            self.live.drop_run(trial.cell)
        else:
            self.live.close_run(trial.cell, result, trial.reason)

    def _result_of(self, trial: TrialPlan, outcome: Outcome) -> TrialResult | None:
        """What came of a trial; one that was skipped has failed, one that was stopped waits."""
        if outcome.state == State.STOPPED:
            return None
        if outcome.state in (State.FAILED, State.SKIPPED):
            trace = outcome.trace or outcome.error
            return TrialResult(
                State.FAILED, seconds=outcome.seconds, error=outcome.error, trace=trace
            )
        return measured_result(trial.cell, self._home)

    def _close(self, trial: TrialPlan, result: TrialResult | None) -> None:
        if result is not None:
            self.live.close_run(trial.cell, result, trial.reason, start_over=trial.start_over)
