"""What is staged of an archive is exactly what a person sees who unpacks it, or it is refused with a reason that names it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import event, given, settings

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
