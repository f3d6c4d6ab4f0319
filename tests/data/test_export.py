import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ltk8s.data.dataset import load_dataset
from ltk8s.data.export import export
from ltk8s.data.split import long_tail
from ltk8s.data.stage import stage
from ltk8s.errors import LtkError, UsageError

COUNTS = {"train/cat": 12, "train/dog": 12, "train/eel": 12, "test/cat": 2, "test/dog": 2, "test/eel": 2}


def test_what_is_exported_can_be_staged_as_the_same(folder, loaded, tmp_path):
    dataset = loaded(folder(COUNTS))
    assert export(dataset, tmp_path / "out") == 42
    assert stage("again", tmp_path / "out", tmp_path / "again").fingerprint == dataset.manifest.fingerprint


def test_the_tail_is_cut_and_the_test_part_whole(folder, loaded, tmp_path):
    dataset = loaded(folder(COUNTS))
    export(dataset, tmp_path / "out", ratio=0.25, split_seed=5)
    stage("again", tmp_path / "out", tmp_path / "again")
    again = load_dataset(tmp_path / "again")
    train = dataset.part("train")
    kept = long_tail(train.labels, 3, 0.25, 5)
    assert np.array_equal(again.part("train").images, train.images[kept])
    assert np.array_equal(again.part("test").images, dataset.part("test").images)


def test_groups_survive_in_a_table(folder, loaded, tmp_path):
    root = folder({"all": 12})
    rows = [f"all/{i:04d}.png,{'cat' if i < 6 else 'dog'},{'' if i == 0 else f'p{i // 2}'}" for i in range(12)]
    (root / "images.csv").write_text("\n".join(["path,label,group", *rows]))
    dataset = loaded(root / "images.csv")
    export(dataset, tmp_path / "out")
    again = stage("again", tmp_path / "out/images.csv", tmp_path / "again")
    assert again.fingerprint == dataset.manifest.fingerprint


def test_a_folder_that_holds_something_is_left_alone(folder, loaded, tmp_path):
    dataset = loaded(folder(COUNTS))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").touch()
    with pytest.raises(UsageError, match="holds something already"):
        export(dataset, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_progress_counts_every_image(folder, loaded, tmp_path):
    steps = []
    export(loaded(folder(COUNTS)), tmp_path / "out", progress=steps.append)
    assert sum(steps) == 42


def test_a_full_disk_is_explained_and_leaves_no_half(folder, staged, tmp_path):
    staged(folder(COUNTS))
    script = (
        "import resource, sys; from pathlib import Path; from ltk8s.data.dataset import load_dataset;"
        "from ltk8s.data.export import export;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        "export(load_dataset(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "staged"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"LtkError: Cannot write images into {tmp_path / 'out'}: file too large. Make room there" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_explained(folder, loaded):
    with pytest.raises(LtkError, match=r"Cannot write images into /dev/null/out: not a directory\. Check the path"):
        export(loaded(folder(COUNTS)), Path("/dev/null/out"))
