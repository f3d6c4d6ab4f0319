"""The guide for one's own images, followed to the letter on other images in the same place, for fewer steps."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.docs.pages import ROOT, Page

pytestmark = pytest.mark.slow

COUNTS = (14, 10, 8, 6, 4, 4, 3, 3, 2, 2)
"""Images of each digit to train on: a tail, as the guide's."""

STEPS = re.compile(r"train\.steps=\d+")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A directory with ``digits/``, ``new/`` and ``digits.csv``, in which a shell finds ``ltk8s``."""
    directory = tmp_path_factory.mktemp("guide")
    random = np.random.default_rng(0)
    rows = ["path,label,group"]
    for digit, count in enumerate(COUNTS):
        for part, images in (("train", count), ("test", 2)):
            for number in range(images):
                path = directory / "digits" / part / str(digit) / f"{digit}-{number:03}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)
                rows.append(f"{path.relative_to(directory)},{digit},{digit}-{part}-{number}")
    (directory / "digits.csv").write_text("\n".join(rows) + "\n")
    shutil.copytree(directory / "digits" / "test", directory / "new")
    (directory / "bin").mkdir()
    script = directory / "bin" / "ltk8s"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from ltk8s.cli.app import main; main()" "$@"\n')
    script.chmod(0o755)
    return directory


@pytest.fixture(scope="module")
def environment(desk):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LTK8S_", "AWS_"))}
    own = {"LTK8S_STATE_DIR": str(desk / "state"), "KUBECONFIG": str(desk / "none"), "PYTHONPATH": str(ROOT)}
    return {**kept, **own, "PATH": f"{desk / 'bin'}:{kept['PATH']}"}


@pytest.mark.timeout(900)
def test_the_guide_works_from_the_first_command_to_the_last(desk, environment):
    blocks = [block for block in Page(ROOT / "docs" / "guide.md").blocks if block.language in {"sh", "python"}]
    texts = [STEPS.sub("train.steps=2", block.text) for block in blocks if "sklearn" not in block.text]
    assert len(texts) < len(blocks)  # the images are made here
    for block, text in zip([block for block in blocks if "sklearn" not in block.text], texts, strict=True):
        command = ["sh", "-eux", "-c", text] if block.language == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert (desk / "digits-model" / "ensemble.json").is_file()
    assert len((desk / "new.csv").read_text().splitlines()) == 21
