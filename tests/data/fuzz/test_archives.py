"""What is staged of an archive is exactly what a person sees who unpacks it, or it is refused with a reason that names it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ltk8s.data.stage import stage
from ltk8s.errors import LtkError
from tests.data.fuzz.packed import Packed
from tests.data.fuzz.tars import tars
from tests.data.fuzz.zips import zips

FUZZ = settings(settings.get_profile("fuzz"))


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Packed], None]:
    """Stage an archive from a folder of its own."""
    work = tmp_path_factory.mktemp("archives")
    numbers = count()

    def run(packed: Packed) -> None:
        place = work / str(next(numbers))
        try:
            event("refused" if packed.check(place, work / "out") else "staged")
        finally:
            shutil.rmtree(place)

    return run


@FUZZ
@given(packed=zips())
def test_a_zip_is_staged_as_a_person_sees_it_or_refused(check: Callable[[Packed], None], packed: Packed) -> None:
    check(packed)


@FUZZ
@given(packed=tars())
def test_a_tar_is_staged_as_a_person_sees_it_or_refused(check: Callable[[Packed], None], packed: Packed) -> None:
    check(packed)


@FUZZ
@given(
    packed=st.one_of(zips(), tars()), places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4)
)
def test_a_damaged_archive_raises_nothing_but_a_reason(
    tmp_path_factory: pytest.TempPathFactory, packed: Packed, places: list[tuple[float, int]]
) -> None:
    """What is in it is another matter: not every format notices."""
    content = bytearray(packed.content)
    for place, change in places if content else []:
        content[int(place * (len(content) - 1))] ^= change
    folder = tmp_path_factory.mktemp("damaged")
    try:
        (folder / f"tree{packed.suffix}").write_bytes(content)
        with suppress(LtkError):
            stage("fuzz", folder / f"tree{packed.suffix}", folder / "out")
    finally:
        shutil.rmtree(folder)
