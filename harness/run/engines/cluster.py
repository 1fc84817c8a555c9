"""What starts workers on other machines, as an engine sees it."""

from collections.abc import Sequence
from typing import Any, Protocol


class LostWorker(Exception):
    """A worker, or the machine that it was on, is gone."""


class Cluster(Protocol):
    """Workers on other machines: what starts them, asks them, and ends them.

    A worker is a `Node`; it answers its questions one after the other.
    """

    def capacity(self) -> int:
        """How many workers have room at once on the machines that are there now."""
        ...

    def start(self) -> Any:
        """Starts a worker as soon as there is room, and returns what it is asked by."""
        ...

    def ask(self, worker: Any, question: str, *arguments: Any) -> Any:
        """Calls a function of a worker, and returns a ticket for its answer at once."""
        ...

    def wait(self, tickets: Sequence[Any], timeout: float) -> list[Any]:
        """The tickets that have their answer; waits at most so many seconds for the first."""
        ...

    def answer(self, ticket: Any) -> Any:
        """Waits for the answer; a `LostWorker` where the worker is gone."""
        ...

    def end(self, worker: Any) -> None:
        """Ends a worker at once."""
        ...

    def close(self) -> None:
        """Leaves the cluster."""
        ...
