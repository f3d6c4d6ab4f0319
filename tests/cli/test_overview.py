import pytest

from ltk8s.cli.overview import advice, sparkline


def test_a_sparkline_has_a_bar_for_each_class():
    assert sparkline([8, 7, 6, 5, 4, 3, 2, 1]) == "█▇▆▅▄▃▂▁"


def test_a_long_sparkline_shares_bars():
    assert sparkline([10] * 500 + [1] * 500, width=10) == "█████▁▁▁▁▁"


def test_a_class_without_images_has_no_bar():
    assert sparkline([5, 0, 5]) == "█ █"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([500, 400, 300], "nearly even"),
        ([500, 50, 0], "choose a larger ratio"),
    ],
)
def test_advice_says_what_stands_in_the_way(counts, expected):
    assert expected in advice("birds", counts)


def test_a_long_tail_needs_no_advice():
    assert advice("birds", [500, 50, 10]) == ""
