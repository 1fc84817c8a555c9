"""A lock that somebody else holds on the database is waited for."""

import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

PATIENCE = 300.0  # seconds until a lock on the database is no longer waited for
PAUSE = 0.5  # seconds between two tries; each try waits by itself too, as long as MLflow says

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class StillLocked(OSError):
    """Somebody else has had the database locked for longer than anybody waits."""


def patiently(
    action: Callable[Arguments, Result], *args: Arguments.args, **options: Arguments.kwargs
) -> Result:
    """What an action yields, which is tried again as long as the database is locked.

    The action must be a single transaction, or one that does no harm when it comes again.
    """
    began = time.monotonic()
    while True:
        try:
            return action(*args, **options)
        except Exception as error:
            if "database is locked" not in str(error):
                raise
            waited = time.monotonic() - began
            if waited > PATIENCE:
                raise StillLocked(
                    f"somebody else has kept the database locked for {waited:.0f} s; "
                    "`harness run` records later what is measured already"
                ) from error
        time.sleep(PAUSE)


class PatientClient:
    """MLflow's client, whose every call waits for a lock that somebody else holds."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """A call of the client: one transaction, or several of which each may come twice."""
        call = getattr(self._client, name)
        return lambda *args, **options: patiently(call, *args, **options)
