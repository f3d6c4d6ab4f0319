"""Quantities and room."""

import os

import pytest

from ltk8s.cluster.local.machine import Demand, Machine, demand_of, quantity
from ltk8s.errors import UsageError


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("500m", 0.5), ("1.5", 1.5), ("1Ki", 1024), ("2Gi", 2**31), ("1G", 1e9)])
def test_quantities_are_read_as_kubernetes_reads_them(text, value):
    assert quantity(text) == value


def test_what_is_no_quantity_is_named(job):
    with pytest.raises(UsageError, match="'lots' is no quantity"):
        demand_of(job("a", memory="lots"))


def test_a_limit_counts_where_there_is_no_request(job):
    made = job("a")
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "2", "nvidia.com/gpu": "1"}}
    assert demand_of(made) == Demand(2, 0, 1)


def test_a_machine_has_room_for_what_is_within_each_of_its_limits():
    machine = Machine(cpus=4, memory=100, gpus=("0",))
    assert machine.fits(Demand(4, 100, 1))
    assert not any(machine.fits(demand) for demand in (Demand(4.1, 0), Demand(0, 101), Demand(0, 0, 2)))


def test_this_machine_has_the_cpus_that_this_process_may_use():
    here = Machine.here()
    assert here.cpus == len(os.sched_getaffinity(0))
    assert 0 < here.memory <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
