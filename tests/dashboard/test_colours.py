"""A level has one colour, whatever else is on the page."""

from dashboard.draw.colours import LIGHT, NIGHT, palette


def test_a_level_keeps_its_colour() -> None:
    levels = ["random", "photos", "other tissue"]
    colours = palette(levels, LIGHT)
    of_more_levels = palette([*levels, "more"], LIGHT)
    for level in levels:
        assert of_more_levels[level] == colours[level]
    at_night = palette(levels, NIGHT)
    assert at_night["photos"] == colours["photos"]


def test_numbers_have_a_colour_each() -> None:
    numbers = ["0", "1", "2", "3", "4", "5"]
    colours = palette(numbers, LIGHT)
    assert len(set(colours.values())) == 6
