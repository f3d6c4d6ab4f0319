import os

from ltk8s.data.memory import memory_limit

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_without_a_container_it_is_the_machines():
    assert memory_limit(()) == MACHINE


def test_a_container_limits_it(tmp_path):
    (tmp_path / "max").write_text("1048576\n")
    assert memory_limit((tmp_path / "max",)) == 1048576


def test_no_limit_and_no_file_leave_the_machines(tmp_path):
    (tmp_path / "max").write_text("max\n")
    assert memory_limit((tmp_path / "max", tmp_path / "missing")) == MACHINE


def test_a_limit_above_the_machine_is_none(tmp_path):
    (tmp_path / "max").write_text(str(2**62))
    assert memory_limit((tmp_path / "max",)) == MACHINE
