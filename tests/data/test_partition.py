from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.partition import partition
from ltk8s.data.sources import Item
from ltk8s.errors import UsageError


def images(**counts):
    return [Item(f"{label}/{i:04d}.png", label) for label, n in counts.items() for i in range(n)]


def in_part(items, part):
    return Counter(item.label for item in items if item.part == part)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(2, 60), min_size=2),
    st.floats(0.01, 0.99),
    st.integers(0, 2**32),
)
def test_of_each_class_the_fraction_is_tested_on(counts, fraction, seed):
    divided = partition(images(**counts), fraction, seed)
    assert in_part(divided, "test") == {label: min(max(1, round(fraction * n)), n - 1) for label, n in counts.items()}
    assert in_part(divided, "train") + in_part(divided, "test") == counts


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12)), min_size=20, max_size=60), st.integers(0, 2**32))
def test_no_group_is_split(drawn, seed):
    items = [Item(f"{label}/{i}.png", label, None, f"g{group}") for i, (label, group) in enumerate(drawn)]
    try:
        divided = partition(items, 0.3, seed)
    except UsageError:
        return  # a class in one group, or in groups that another class needs
    for group in {item.group for item in divided}:
        assert len({item.part for item in divided if item.group == group}) == 1
    assert in_part(divided, "test").keys() == in_part(divided, "train").keys()


def test_groups_of_equal_size_come_near_the_fraction():
    items = [Item(f"{label}/{i:03d}.png", label, None, f"{label}{i // 5}") for label in "ab" for i in range(100)]
    assert in_part(partition(items, 0.2, 0), "test") == {"a": 20, "b": 20}


def test_large_groups_are_taken_whole_where_a_class_has_no_smaller_ones():
    items = [Item(f"{label}/{i}.png", label, None, f"{label}{i // 5}") for label in "ab" for i in range(10)]
    assert in_part(partition(items, 0.2, 0), "test") == {"a": 5, "b": 5}


def test_the_seed_draws_the_test_part():
    draws = [{item.name for item in partition(images(a=50, b=50), 0.2, seed) if item.part == "test"} for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_the_order_of_the_items_does_not_matter():
    assert partition(images(a=9, b=9)[::-1], 0.2, 0) == partition(images(a=9, b=9), 0.2, 0)


def test_parts_of_the_source_stay():
    items = [Item(f"{part}/{label}.png", label, part) for part in ("train", "test") for label in "ab"]
    assert sorted(partition(items, 0.5, 0), key=str) == sorted(items, key=str)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (images(a=5, b=1, c=1), "these classes are too small, with one image or one group: b, c."),
        (
            [*images(a=5), *(Item(f"b/{i}.png", "b", None, "one") for i in range(9))],
            "too small, with one image or one group: b.",
        ),
        (
            [Item("1", "a", "train"), Item("2", "b", "train"), Item("3", "a", "test")],
            "the train part and none in the test part: b.",
        ),
        (
            [Item("1", "a", "test"), Item("2", "b", "train"), Item("3", "b", "test")],
            "the test part and none in the train part: a.",
        ),
        (images(a=5), "There is only one class: a."),
        (
            [Item(f"{i}", label, None, group) for i, (label, group) in enumerate(("0b", "1a", "2c", "2d", "0c", "1d"))],
            "No test part of whole groups could be drawn that has every class: .* would have none. Try another --seed",
        ),
        ([Item(f"{p}{label}", label, p, "g") for p in ("train", "test") for label in "ab"], "groups have images in both parts"),
        (images(**{"a/b": 5, "..": 5, "c": 5}), r"names that cannot be those of folders: \.\., a/b\."),
        (images(**{"a\tb": 5, "caf\udce9": 5, "c": 5}), r"names that cannot be those of folders: a<U\+0009>b, caf\\xe9\."),
    ],
)
def test_refuses_and_names_what_stands_in_the_way(items, message):
    with pytest.raises(UsageError, match=message):
        partition(items, 0.2, 0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_outside_of_0_to_1_is_refused(fraction):
    with pytest.raises(UsageError, match="is not between 0 and 1"):
        partition(images(a=5, b=5), fraction, 0)


def test_class_names_of_any_script_are_taken():
    names = ["می‌خواهم", "क्‍ष", "Żółw", "猫"]  # joiners without a width are in the first two
    assert in_part(partition(images(**dict.fromkeys(names, 5)), 0.2, 0), "test").keys() == set(names)


def test_a_class_name_that_is_too_long_for_a_folder_is_refused():
    items = [Item(f"{label}/{number}", label) for label in ("é" * 128, "b") for number in range(4)]
    with pytest.raises(UsageError, match="at most 255 bytes") as raised:
        partition(items, 0.25, 0)
    assert raised.value.every == ("é" * 128,)


def test_all_classes_that_are_too_small_are_told():
    items = [Item(f"{number}/0", f"{number:02}") for number in range(45)]
    with pytest.raises(UsageError, match="and 35 more") as raised:
        partition(items, 0.25, 0)
    assert raised.value.every == tuple(f"{number:02}" for number in range(45))
