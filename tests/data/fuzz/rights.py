"""Rights as an ordinary user has them, also where root runs the tests."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

VERSION_3 = 0x20080522
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """In the block, this thread reads no file against its mode: root gives up the capabilities for it, and takes them back."""
    if os.geteuid() != 0:
        yield
        return
    before = _get()
    without = (_Sets * 2)(*(_Sets(sets.effective, sets.permitted, sets.inheritable) for sets in before))
    without[0].effective &= ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH)
    _call("capset", without)
    try:
        yield
    finally:
        _call("capset", before)


def _get() -> ctypes.Array[_Sets]:
    sets = (_Sets * 2)()
    _call("capget", sets)
    return sets


def _call(name: str, sets: ctypes.Array[_Sets]) -> None:
    header = _Header(VERSION_3, 0)
    if getattr(ctypes.CDLL(None, use_errno=True), name)(ctypes.byref(header), ctypes.byref(sets)):
        raise OSError(ctypes.get_errno(), f"{name} failed")
