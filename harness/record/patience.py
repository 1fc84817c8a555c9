"""A lock that somebody else holds on the database is waited for; a database may also be gone."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from harness.record.passwords import without_passwords

PATIENCE = 300.0  # seconds until a lock on the database is no longer waited for
PAUSE = 0.5  # seconds between two tries; each try waits by itself too, as long as MLflow says

# What errors of SQLite, SQLAlchemy and MLflow say where a database or a server is away for now.
SIGNS_OF_ABSENCE = (
    "unable to open database file",
    "disk I/O error",
    "readonly database",
    "database or disk is full",
    "could not connect",
    "connection refused",
    "connection to server",
    "server closed the connection",
    "terminating connection",
    "connection already closed",
    "can't connect to",
    "api request to",
    "max retries exceeded",
)

# What they say where somebody else did the same at the same moment: the next try finds it done.
SIGNS_OF_A_TIE = ("UNIQUE constraint failed", "violates unique constraint")
TRIES_AT_A_TIE = 5

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Unreachable(OSError):
    """The database or the server is away for now; what is measured is recorded later."""


class StillLocked(Unreachable):
    """Somebody else has had the database locked for longer than anybody waits."""


def _is_tie(error: Exception) -> bool:
    return any(sign in str(error) for sign in SIGNS_OF_A_TIE)


def patiently(
    action: Callable[Arguments, Result], *args: Arguments.args, **options: Arguments.kwargs
) -> Result:
    """What an action yields, which is tried again as long as the database is locked.

    It is tried a few times more where somebody else has just written the same.

    The action must be a single transaction, or one that does no harm when it comes again. A
    database that is gone is an `Unreachable`, at once; no error shows a password.
    """

    def attempt() -> Result:
        return _despite_ties(partial(action, *args, **options))

    try:
        return when_unlocked(attempt, PATIENCE)
    except Exception as error:
        _raise_in_words(error)
        raise


def when_unlocked(action: Callable[[], Result], seconds: float) -> Result:
    """What an action yields, which is tried again while somebody else has the database locked.

    Locked for longer than so many seconds, it is `StillLocked`.
    """
    began = time.monotonic()
    while True:
        try:
            return action()
        except Exception as error:
            if "database is locked" not in str(error):
                raise
            waited = time.monotonic() - began
            if waited > seconds:
                raise StillLocked(
                    f"somebody else has kept the database locked for {waited:.0f} s; "
                    "what is measured is kept: type the command again when the other is done"
                ) from error
        time.sleep(PAUSE)


def _despite_ties(action: Callable[[], Result]) -> Result:
    """What an action yields, which is tried again where somebody else has written the same."""
    for _ in range(TRIES_AT_A_TIE):
        try:
            return action()
        except Exception as error:
            if not _is_tie(error):
                raise
    return action()


def _raise_in_words(error: Exception) -> None:
    """Raises a better error where the database is away, or where this one shows a password."""
    text = without_passwords(str(error))
    if isinstance(error, Unreachable):
        return
    lower = text.lower()
    if any(sign.lower() in lower for sign in SIGNS_OF_ABSENCE):
        first_line = text.strip().split("\n")[0]
        raise Unreachable(
            f"the database cannot be reached now ({first_line}); "
            "`harness run` records later what is measured already"
        ) from None
    if text != str(error):
        raise ValueError(text) from None


class PatientClient:
    """MLflow's client, whose every call waits for a lock that somebody else holds."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """A call of the client: one transaction, or several of which each may come twice."""
        call = getattr(self._client, name)
        return lambda *args, **options: patiently(call, *args, **options)
