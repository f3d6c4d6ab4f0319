"""What the controller's image needs to hold."""

import subprocess
import sys


def test_a_controller_loads_nothing_that_only_training_needs():
    code = "import sys, ltk8s.cli.controller, ltk8s.controller.run, ltk8s.store.s3; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {name.partition(".")[0] for name in loaded} & {
        "torch",
        "torchvision",
        "timm",
        "pytorch_lightning",
        "scipy",
        "matplotlib",
        "pandas",
    }
