"""A pulled directory: whole or not there, verified, and the same predictor as the committed fusion."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load
from torch.nn import functional

from ltk8s import load_ensemble
from ltk8s.errors import Corrupt, StoreError, UsageError
from ltk8s.fusion.bundle import CARD, encode, read_bundle
from ltk8s.fusion.classify import classify
from ltk8s.fusion.pull import describe, pull
from ltk8s.planning.task import FusionTask
from ltk8s.store.commit import read_artifact, read_result
from ltk8s.store.runs import RunRecord

FUSIONS = [
    {},
    {"rule": "mean-logit"},
    {"prior_correction": True, "target_prior": {"cat": 0.2, "dog": 0.3, "eel": 0.5}},
    {"prior_correction": True, "target_prior": "train"},
    {"logit_adjustment": 1.0, "temperature": 2.0},
    {"tau_norm": 1.0},
    {"flip": True},
]


def finished(world, **fusion: Any) -> tuple[FusionTask, RunRecord]:
    """A finished run of three networks that take different input."""
    ids = world.member(), world.member(seed=1, train={"image_size": 48}), world.member(seed=2, mean=0.4)
    task = world.fusion(*ids, **fusion)
    world.fuse(task)
    return task, world.run("stack-wl", task)


@pytest.fixture
def directory(world, tmp_path: Path) -> Path:
    """The pulled directory of a finished run."""
    _, record = finished(world)
    pull(world.store, describe(world.store, record), tmp_path / "model")
    return tmp_path / "model"


def committed(world, task: FusionTask) -> torch.Tensor:
    """The log-probabilities that a fusion committed, N×C."""
    result = read_result(world.store, "fusion", task.id)
    return load(read_artifact(world.store, result, "predictions.safetensors"))["logits"]


def saved(world, folder: Path) -> list[str]:
    """The test images as PNG files."""
    folder.mkdir()
    paths = [str(folder / f"{i:02}.png") for i in range(len(world.test))]
    for path, image in zip(paths, world.test.images, strict=True):
        Image.fromarray(image).save(path)
    return paths


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_pulled_ensemble_predicts_what_the_fusion_committed(world, tmp_path: Path, fusion: dict[str, Any]) -> None:
    task, record = finished(world, **fusion)
    expected = committed(world, task)
    pull(world.store, describe(world.store, record), tmp_path / "model")
    shutil.rmtree(world.store.directory)  # the directory is all there is
    model = load_ensemble(shutil.move(tmp_path / "model", tmp_path / "elsewhere"))
    assert torch.equal(model.fuse(model.member_logits(world.test.images)), expected)


def test_image_files_get_the_probabilities_that_the_fusion_committed(world, tmp_path: Path) -> None:
    task, record = finished(world)
    pull(world.store, describe(world.store, record), tmp_path / "model")
    answers = list(classify(load_ensemble(tmp_path / "model"), saved(world, tmp_path / "images"), 16, 16))
    assert len(answers) == len(world.test)
    for answer, row in zip(answers, committed(world, task).double().exp().tolist(), strict=True):
        by_class = {one["class"]: one["probability"] for one in answer["top"]}
        assert by_class == dict(zip(("cat", "dog", "eel"), row, strict=True))
        assert list(by_class.values()) == sorted(by_class.values(), reverse=True)


def test_disagreement_averages_to_the_one_that_the_fusion_committed(world, directory: Path, tmp_path: Path) -> None:
    answers = classify(load_ensemble(directory), saved(world, tmp_path / "images"), 16, 16)
    found = np.mean([answer["disagreement"] for answer in answers])
    assert found == pytest.approx(read_bundle(directory).metrics["disagreement"])
    assert 0 < found < 1


def test_one_network_disagrees_with_nobody(world, tmp_path: Path) -> None:
    task = world.fusion(world.member())
    world.fuse(task)
    pull(world.store, describe(world.store, world.run("baseline", task)), tmp_path / "model")
    answers = classify(load_ensemble(tmp_path / "model"), saved(world, tmp_path / "images")[:1], 16, 16)
    assert [answer["disagreement"] for answer in answers] == [None]


def test_a_file_that_cannot_be_decoded_is_named_and_the_rest_goes_on(world, directory: Path, tmp_path: Path) -> None:
    first, second, *_ = saved(world, tmp_path / "images")
    torn = tmp_path / "torn.png"
    torn.write_bytes(Path(first).read_bytes()[:60])
    gone = str(tmp_path / "gone.png")
    answers = list(classify(load_ensemble(directory), [first, str(torn), gone, second], 16, 16))
    assert [answer["path"] for answer in answers] == [first, str(torn), gone, second]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert answers[3]["top"] == next(classify(load_ensemble(directory), [second], 16, 16))["top"]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 24)])
def test_images_of_other_sizes_are_cut_to_their_centre(world, directory: Path, tmp_path: Path, height: int, width: int) -> None:
    centre = np.zeros((40, 200, 3), np.uint8)
    centre[:, 60:140] = 200
    Image.fromarray(centre).save(tmp_path / "wide.png")
    Image.new("RGB", (width, height), (200, 200, 200)).save(tmp_path / "plain.png")
    wide, plain = classify(load_ensemble(directory), [str(tmp_path / "wide.png"), str(tmp_path / "plain.png")], height, width)
    assert wide["top"] == plain["top"]


def test_the_process_reads_paths_and_prints_answers(world, directory: Path, tmp_path: Path) -> None:
    paths = saved(world, tmp_path / "a folder")[:2]
    done = subprocess.run(
        [sys.executable, "-m", "ltk8s.fusion.classify", str(directory)],
        input="".join(f"{json.dumps(path)}\n" for path in paths),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == paths


def test_the_card_says_all_that_another_program_needs(world, directory: Path) -> None:
    card = json.loads((directory / CARD).read_text())
    assert card["classes"] == ["cat", "dog", "eel"]
    assert (card["rule"], card["temperature"], card["tau_norm"]) == ("mean-probability", 1.0, 0.0)
    assert (card["dataset"]["height"], card["dataset"]["width"]) == (16, 16)
    first, second, third = card["members"]
    assert first["preprocessing"] == {"size": 32, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
    assert (second["preprocessing"]["size"], third["preprocessing"]["mean"]) == (48, [0.4] * 3)
    assert (first["arch"], first["flip"], first["correction"]) == ("test_efficientnet", False, [0.0] * 3)
    assert first["head"] == "linear"
    assert first["provenance"]["torch"] == torch.__version__


def test_a_program_without_ltk8s_comes_to_the_same_probabilities(world, tmp_path: Path) -> None:
    """With nothing but timm, torch and what the card says."""
    task, record = finished(world, prior_correction=True, temperature=2.0, flip=True)
    expected = committed(world, task).exp()
    pull(world.store, describe(world.store, record), tmp_path / "model")
    card = json.loads((tmp_path / "model" / CARD).read_text())
    images = torch.from_numpy(np.array(world.test.images)).permute(0, 3, 1, 2).float()
    fused = torch.zeros(len(images), len(card["classes"]))
    for member in card["members"]:
        network = timm.create_model(member["arch"], num_classes=len(card["classes"])).eval()
        network.load_state_dict(load((tmp_path / "model" / member["file"]).read_bytes()))
        how = member["preprocessing"]
        resized = functional.interpolate(images, (how["size"],) * 2, mode=how["interpolation"], antialias=True)
        prepared = (resized / 255 - torch.tensor(how["mean"])[:, None, None]) / torch.tensor(how["std"])[:, None, None]
        with torch.no_grad():
            logits = network(prepared)
            logits = (logits + network(prepared.flip(3))) / 2 if member["flip"] else logits
        fused += (logits / card["temperature"] + torch.tensor(member["correction"])).softmax(1) / len(card["members"])
    assert (fused - expected).abs().mean() < 1e-3


def test_the_readme_says_how_good_it_was(world, directory: Path) -> None:
    said, metrics = " ".join((directory / "README.md").read_text().split()), read_bundle(directory).metrics
    assert f"On its 24 test images {metrics['correct']} were right" in said
    assert said.count("| test_efficientnet |") == 3
    assert "How they become one: mean-probability." in said


def test_the_corrections_on_the_card_are_those_of_the_ensemble(world, tmp_path: Path) -> None:
    _, record = finished(world, prior_correction=True)
    pull(world.store, describe(world.store, record), tmp_path / "model")
    written = torch.tensor([member.correction for member in read_bundle(tmp_path / "model").members])
    assert torch.equal(load_ensemble(tmp_path / "model").corrections[:, 0], written)
    assert written.abs().sum() > 0


def test_nothing_in_it_is_pickled(directory: Path) -> None:
    names = sorted(path.name for path in directory.rglob("*") if path.is_file())
    assert {Path(name).suffix for name in names} == {".json", ".md", ".safetensors"}
    assert len(names) == 5


def test_pulling_again_leaves_what_is_there(world, directory: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    pull(world.store, describe(world.store, world.run("stack-wl", read_bundle(directory).task)), directory)
    assert {path: path.stat().st_mtime_ns for path in directory.rglob("*")} == before


def test_a_directory_in_use_is_refused(world, directory: Path, tmp_path: Path) -> None:
    task = world.fusion(world.member())
    world.fuse(task)
    other = describe(world.store, world.run("baseline", task))
    with pytest.raises(UsageError, match="holds another ensemble, stack-wl-00000000"):
        pull(world.store, other, directory)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="is not empty"):
        pull(world.store, other, tmp_path / "mine")
    pull(world.store, other, tmp_path / "mine" / "new" / "model")


@pytest.mark.parametrize("how", ["empty", "here", "linked", "left behind"])
def test_an_empty_directory_is_filled_wherever_it_is(world, tmp_path: Path, monkeypatch, how: str) -> None:
    """Also the working directory and a link: neither can be replaced by another directory."""
    _, record = finished(world)
    (tmp_path / "model").mkdir()
    directory = tmp_path / "model"
    if how == "here":
        monkeypatch.chdir(directory)
        directory = Path()
    elif how == "linked":
        directory = tmp_path / "link"
        directory.symlink_to(tmp_path / "model")
    elif how == "left behind":
        (directory / ".pulling-0123" / "members").mkdir(parents=True)
    before = (tmp_path / "model").stat().st_ino
    pull(world.store, describe(world.store, record), directory)
    assert read_bundle(tmp_path / "model").run == record.run
    assert (tmp_path / "model").stat().st_ino == before
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"README.md", "ensemble.json", "members"}
    pull(world.store, describe(world.store, record), directory)


def test_a_run_that_is_not_finished_is_refused(world) -> None:
    with pytest.raises(UsageError, match="is not finished"):
        describe(world.store, world.run("stack-wl", world.fusion("gone-0123456789")))


def test_a_bad_checkpoint_in_the_store_is_named_and_nothing_is_left(world, tmp_path: Path) -> None:
    task, record = finished(world)
    key = world.damage(task.members[1], "checkpoint.safetensors")
    with pytest.raises(Corrupt, match=key):
        pull(world.store, describe(world.store, record), tmp_path / "models" / "one")
    assert list((tmp_path / "models").iterdir()) == []
    (tmp_path / "mine").mkdir()
    with pytest.raises(Corrupt):
        pull(world.store, describe(world.store, record), tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_flipped_bit_in_a_file_is_found(directory: Path) -> None:
    file = sorted((directory / "members").iterdir())[1]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match=f"{file} is damaged"):
        load_ensemble(directory)
    file.unlink()
    with pytest.raises(StoreError, match=f"There is no {file}"):
        load_ensemble(directory)


@pytest.mark.parametrize("change", [lambda text: text[:-10], lambda text: text.replace('"cat"', '"cow"', 1), lambda text: "7"])
def test_a_card_that_was_changed_is_not_believed(directory: Path, change: Any) -> None:
    card = directory / CARD
    card.write_text(change(card.read_text()))
    with pytest.raises(StoreError, match="is damaged"):
        load_ensemble(directory)


def test_a_directory_of_a_later_version_says_so(directory: Path) -> None:
    later = read_bundle(directory).model_copy(update={"format": 2, "version": "9.0"})
    (directory / CARD).write_bytes(encode(later))
    with pytest.raises(UsageError, match=r"was written by ltk8s 9\.0"):
        read_bundle(directory)


def test_another_directory_is_no_pulled_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no pulled directory: it has no ensemble\.json"):
        load_ensemble(str(tmp_path))


def test_what_cannot_be_moved_into_a_directory_leaves_it_empty(world, tmp_path: Path, monkeypatch) -> None:
    _, record = finished(world)
    (tmp_path / "model").mkdir()
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == tmp_path / "model" / "README.md":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StoreError, match="no space left on device"):
        pull(world.store, describe(world.store, record), tmp_path / "model")
    assert list((tmp_path / "model").iterdir()) == []


def test_a_disk_without_room_is_named_and_nothing_is_left(world, tmp_path: Path) -> None:
    task, _ = finished(world)
    script = (
        "import resource, sys; from pathlib import Path; from ltk8s.fusion.pull import describe, pull;"
        "from ltk8s.store import open_store; from ltk8s.store.runs import RunRecord;"
        "store, record = open_store(sys.argv[1]), RunRecord.model_validate_json(sys.argv[2]);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "pull(store, describe(store, record), Path(sys.argv[3]))"
    )
    record = world.run("stack-wl", task).model_dump_json()
    command = [sys.executable, "-c", script, world.store.url, record, str(tmp_path / "models" / "one")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"StoreError: Cannot write {tmp_path / 'models' / 'one'}: file too large. Make room there" in done.stderr
    assert list((tmp_path / "models").iterdir()) == []


def test_a_file_that_may_not_be_read_is_not_called_damaged(directory: Path) -> None:
    file = sorted((directory / "members").iterdir())[0]
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match=f"Cannot read {file}: is a directory"):
        load_ensemble(directory)
    with pytest.raises(StoreError, match="file name too long"):
        load_ensemble("d" * 300)


def test_a_photo_that_cannot_be_read_is_not_called_broken(world, directory: Path, tmp_path: Path) -> None:
    (answer,) = classify(load_ensemble(directory), [str(tmp_path / "gone.png")], 8, 8)
    assert (answer["error"], answer["unread"]) == ("no such file or directory", True)


def test_photos_are_scaled_as_the_data_set_was_staged(world, directory: Path, tmp_path: Path) -> None:
    pixels = np.full((8, 8), 4095, np.uint16)
    Image.fromarray(pixels).save(tmp_path / "deep.png")
    Image.new("RGB", (8, 8), "white").save(tmp_path / "white.png")
    names = [str(tmp_path / "deep.png"), str(tmp_path / "white.png")]
    ensemble = load_ensemble(directory)
    dark, white = classify(ensemble, names, 8, 8)
    scaled, _ = classify(ensemble, names, 8, 8, bits=12)
    assert (dark["dark"], scaled["dark"], white["dark"]) == (True, False, False)
    assert dark["top"] != white["top"] == scaled["top"]
