"""A cluster without machines: workers in threads of the test, which it may lose when it likes."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any

from harness.run.engines.cluster import LostWorker
from harness.run.engines.node import Node, Orders


@dataclass(eq=False)
class Machine:
    """A worker, and the questions that wait for it."""

    node: Node
    questions: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    futures: "list[Future[Any]]" = field(default_factory=list)
    is_lost: bool = False

    def serve(self) -> None:
        """Answers one question after the other, until it is lost or ended."""
        while True:
            question, arguments, future = self.questions.get()
            if question == "end":
                return
            try:
                answer = getattr(self.node, question)(*arguments)
            except Exception as error:  # noqa: BLE001  it goes to whoever asked
                self._settle(future, error)
            else:
                self._settle(future, answer)

    def _settle(self, future: "Future[Any]", answer: Any) -> None:
        if self.is_lost or future.done():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


class ThreadCluster:
    """Workers in threads; each is a machine of its own where it does not see the study's home."""

    def __init__(self, orders: Orders, capacity: int) -> None:
        self._orders = orders
        self._capacity = capacity
        self.machines: list[Machine] = []
        self.sent: list[str] = []  # what the workers were asked

    def capacity(self) -> int:
        return self._capacity

    def start(self) -> Machine:
        token = f"{self._orders.token}-{len(self.machines)}"
        if self._orders.token == "sees":
            token = "."
        machine = Machine(Node(replace(self._orders, token=token)))
        threading.Thread(target=machine.serve, daemon=True).start()
        self.machines.append(machine)
        return machine

    def ask(self, worker: Machine, question: str, *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.sent.append(question)
        worker.futures.append(future)
        if worker.is_lost:
            future.set_exception(LostWorker("the machine is gone"))
        else:
            worker.questions.put((question, arguments, future))
        return future

    def wait(self, tickets: "Sequence[Future[Any]]", timeout: float) -> "list[Future[Any]]":
        answered, _ = wait(tickets, timeout, return_when=FIRST_COMPLETED)
        return list(answered)

    def answer(self, ticket: "Future[Any]") -> Any:
        return ticket.result(timeout=60)

    def end(self, worker: Machine) -> None:
        worker.questions.put(("end", (), None))

    def close(self) -> None:
        pass

    def lose(self, machine: Machine) -> None:
        """Takes a machine away, with all that runs on it."""
        machine.is_lost = True
        if machine.node._engine is not None:
            machine.node._engine.close()
        for future in machine.futures:
            if not future.done():
                future.set_exception(LostWorker("the machine is gone"))
