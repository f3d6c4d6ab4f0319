"""Where a result was made."""

from __future__ import annotations

import json
import platform

import torch

import ltk8s
from ltk8s.network.device import choose_device, set_threads
from ltk8s.network.environment import cpu_kind, environment, peak_memory_bytes
from ltk8s.planning.task import RECIPE


def test_names_versions_device_and_threads():
    found = environment()
    assert (found["version"], found["recipe"], found["torch"]) == (ltk8s.__version__, RECIPE, torch.__version__)
    assert found["threads"] == 1
    assert found["cpu"] == cpu_kind()
    assert json.loads(json.dumps(found)) == found


def test_two_generations_of_a_processor_are_told_apart_though_they_have_one_name(tmp_path):
    def kind(family: int, model: int) -> str:
        lines = f"processor\t: 0\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: AMD EPYC\n\n"
        (tmp_path / "cpuinfo").write_text(lines + lines.replace(": 0", ": 1"))
        return cpu_kind(tmp_path / "cpuinfo")

    widest = torch.backends.cpu.get_cpu_capability()
    assert kind(25, 1) == f"AMD EPYC (family 25, model 1, {widest})"
    assert kind(25, 17) != kind(25, 1)


def test_a_kernel_that_names_no_processor_leaves_the_machine_s_kind(tmp_path):
    assert cpu_kind(tmp_path / "none") == f"{platform.machine()} ({torch.backends.cpu.get_cpu_capability()})"


def test_the_device_is_a_gpu_exactly_where_there_is_one():
    assert (choose_device().type == "cuda") == torch.cuda.is_available()


def test_threads_are_as_set():
    set_threads(2)
    assert torch.get_num_threads() == 2


def test_memory_is_in_bytes():
    assert 50e6 < peak_memory_bytes() < 1e12
