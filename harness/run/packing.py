"""More slots on a GPU while it has room: by how busy it is, and by the memory that is left."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.run.slots import Slot
from harness.spec.driver import ask_driver

SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_TO_SETTLE = 6.0  # a worker that has just started has not taken its memory yet
BUSY = 0.85  # above this another worker would only slow the others
FULL = 0.8  # of the memory, when another worker has as much as those that are there
MOST = 16  # workers on a card


@dataclass(frozen=True)
class Card:
    """A GPU as it is now."""

    used: float  # MiB
    total: float
    busy: float  # share of the last second in which it worked


def cards_now() -> dict[str, Card]:
    """Every GPU of this machine by its number; none where the driver's tool does not answer."""
    fields = "index,memory.used,memory.total,utilization.gpu"
    answer = ask_driver(f"--query-gpu={fields}", "--format=csv,noheader,nounits")
    cards = {}
    for line in answer.splitlines():
        parts = [part.strip() for part in line.split(",")]
        try:
            used, total, busy = (float(part) for part in parts[1:])
        except ValueError:  # a card that does not tell is left alone
            continue
        cards[parts[0]] = Card(used, total, busy / 100)
    return cards


def has_room(card: Card, workers: int, most: int) -> bool:
    """Tells whether one worker more fits on a card that has so many."""
    if workers == 0 or workers >= most or card.busy >= BUSY:
        return False
    of_one = card.used / workers
    return card.used + of_one <= FULL * card.total


class Packing:
    """Says, from time to time, which cards take another worker."""

    def __init__(
        self,
        slots: Sequence[Slot],
        look: Callable[[], Mapping[str, Card]] = cards_now,
        clock: Callable[[], float] = time.monotonic,
        most: int | None = None,
    ) -> None:
        """Takes the slots to begin with; only those that grow are ever more.

        A card has at most so many workers; by default its share of the cores.
        """
        self._slots = [slot for slot in slots if slot.grows]
        self._look = look
        self._clock = clock
        self._next = 0.0
        cards = {slot.visible for slot in self._slots}
        share_of_cores = (os.cpu_count() or 1) // max(1, len(cards))
        self._most = most or min(MOST, max(1, share_of_cores))

    def further_slots(self, busy: Sequence[Slot], newest: float) -> list[Slot]:
        """Returns a slot for each card that has room for one more.

        `busy` are the slots that are at work, `newest` is when the last of them began.
        """
        now = self._clock()
        if not self._slots or now < self._next or now - newest < SECONDS_TO_SETTLE:
            return []
        self._next = now + SECONDS_BETWEEN_LOOKS
        cards = self._look()
        further = []
        for visible in dict.fromkeys(slot.visible for slot in self._slots):
            workers = sum(slot.visible == visible for slot in busy)
            own = sum(slot.visible == visible for slot in self._slots)
            card = cards.get(visible or "")
            if card is not None and workers == own and has_room(card, workers, self._most):
                further.append(replace(self._slots[0], visible=visible))
        self._slots += further
        return further
