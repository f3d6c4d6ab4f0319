"""What the images are made from: locks that agree, a Dockerfile that says what it must, and a controller that needs no more."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ltk8s

ROOT = Path(__file__).parent.parent
LOCKS = ["build", "controller", "worker"]
ABSENT_FROM_CONTROLLER = ["jinja2", "markupsafe", "numpy", "pillow", "safetensors", "scipy"]


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), re.MULTILINE))


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM (?:\S+) AS (\S+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("lock", LOCKS)
def test_an_images_lock_has_the_versions_that_are_tested(lock):
    tested = pins(ROOT / "requirements.lock")
    pinned = pins(ROOT / "requirements" / f"{lock}.lock")
    assert pinned
    assert {name: version for name, version in pinned.items() if tested.get(name, version) != version} == {}


@pytest.mark.parametrize("lock", ["requirements.lock", *(f"requirements/{lock}.lock" for lock in LOCKS)])
def test_a_lock_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in requirement, requirement[:60]


def test_torch_is_in_the_workers_lock_alone():
    assert "torch" in pins(ROOT / "requirements" / "worker.lock")
    assert "torch" not in pins(ROOT / "requirements" / "controller.lock")
    assert not set(ABSENT_FROM_CONTROLLER) & set(pins(ROOT / "requirements" / "controller.lock"))


@pytest.mark.parametrize("module", ["ltk8s.controller.run", "ltk8s.cli.controller", "ltk8s.cli.store", "ltk8s.cli.access"])
def test_the_controller_runs_without_what_its_image_lacks(module):
    imports = {"pillow": "PIL"}
    lacking = [imports.get(name, name) for name in ABSENT_FROM_CONTROLLER]
    code = f"import sys; sys.modules.update(dict.fromkeys({lacking!r})); import {module}, ltk8s.store.s3"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("image", ["controller", "worker"])
def test_an_image_runs_as_a_number_and_without_a_shell_in_between(image):
    stage = stages()[image]
    assert re.search(r"^USER \d+:\d+$", stage, re.MULTILINE)
    assert re.search(r"^ENTRYPOINT \[", stage, re.MULTILINE)


@pytest.mark.parametrize("image", ["controller", "worker"])
def test_what_a_build_is_given_stays_out_of_the_images_history(image):
    declared = re.findall(r"^ARG (\w+)", stages()[image] + stages()["runtime"], re.MULTILINE)
    assert declared == ["VERSION", "REVISION"]


@pytest.mark.parametrize("image", ["controller", "worker"])
def test_code_comes_above_the_packages_and_the_revision_above_all(image):
    stage = stages()[image]
    packages, code, revision = (stage.index(word) for word in ("pip install", "--from=code", "ARG REVISION"))
    assert packages < code < revision


def test_the_image_says_this_version():
    assert {
        stage.count(f"ARG VERSION={ltk8s.__version__}\n")
        for name, stage in stages().items()
        if name in {"controller", "worker"}
    } == {1}


def test_the_build_takes_what_it_needs_and_nothing_else():
    rules = (ROOT / ".dockerignore").read_text().split()
    taken = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    copied = {
        word
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        for word in line.split()
    }
    assert {path.split("/")[0] for path in copied} == taken
