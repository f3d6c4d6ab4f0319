"""Where a result was made."""

from __future__ import annotations

import json

import torch

import ltk8s
from ltk8s.network.device import choose_device, set_threads
from ltk8s.network.environment import cpu_model, environment, peak_memory_bytes
from ltk8s.planning.task import RECIPE


def test_names_versions_device_and_threads():
    found = environment()
    assert (found["version"], found["recipe"], found["torch"]) == (ltk8s.__version__, RECIPE, torch.__version__)
    assert found["threads"] == 1
    assert found["cpu"] == cpu_model() != ""
    assert json.loads(json.dumps(found)) == found


def test_the_device_is_a_gpu_exactly_where_there_is_one():
    assert (choose_device().type == "cuda") == torch.cuda.is_available()


def test_threads_are_as_set():
    set_threads(2)
    assert torch.get_num_threads() == 2


def test_memory_is_in_bytes():
    assert 50e6 < peak_memory_bytes() < 1e12
