"""A card takes another worker while it idles and has memory, and never more than fit."""

import pytest

from harness.run.packing import Card, Packing, has_room
from harness.run.slots import Slot


@pytest.mark.parametrize(
    ("card", "workers", "fits"),
    [
        (Card(2000, 80000, 0.1), 1, True),
        (Card(2000, 80000, 0.9), 1, False),  # it works all the time
        (Card(40000, 80000, 0.1), 1, False),  # two of them would fill it
        (Card(30000, 80000, 0.1), 1, True),
        (Card(60000, 80000, 0.1), 4, False),
        (Card(2000, 80000, 0.1), 8, False),  # as many as may be
        (Card(0, 80000, 0.0), 0, False),  # nobody has shown yet what a worker needs
    ],
)
def test_a_card_takes_one_more_while_it_idles_and_has_memory(
    card: Card, workers: int, fits: bool
) -> None:
    assert has_room(card, workers, most=8) == fits


def packing_at(times: list[float], slots: list[Slot], **cards: Card) -> Packing:
    """Returns a packing whose clock shows these times, one after the other."""
    by_number = {}
    for name, card in cards.items():
        by_number[name.removeprefix("g")] = card

    def look() -> dict[str, Card]:
        return by_number

    def clock() -> float:
        return times.pop(0)

    return Packing(slots, look, clock, most=8)


def test_slots_are_added_one_by_one_once_all_are_at_work() -> None:
    slot = Slot("cuda", "0", lasts=True, grows=True)
    packing = packing_at([10, 11, 13, 20], [slot], g0=Card(2000, 80000, 0.1))
    assert packing.further_slots([slot], newest=0.0) == [slot]
    assert packing.further_slots([slot], newest=0.0) == []  # it has just looked
    assert packing.further_slots([slot], newest=0.0) == []  # the second one has nothing to do
    assert packing.further_slots([slot, slot], newest=19.0) == []  # it has just begun


def test_a_card_grows_by_itself_and_a_number_that_was_asked_for_stays() -> None:
    first = Slot("cuda", "0", lasts=True, grows=True)
    second = Slot("cuda", "1", lasts=True, grows=True)
    cards = {"g0": Card(2000, 80000, 0.95), "g1": Card(2000, 80000, 0.1)}
    packing = packing_at([10], [first, second], **cards)
    assert packing.further_slots([first, second], newest=0.0) == [second]
    asked_for = Slot("cuda", "0", lasts=True)
    assert packing_at([10], [asked_for], **cards).further_slots([asked_for], newest=0.0) == []
