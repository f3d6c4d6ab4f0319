"""What someone who installs ltk8s gets: the public names, the presets, and no torch where none is needed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ltk8s
from ltk8s.spec.library import Library

ROOT = Path(__file__).parent.parent
LIGHT = ["cli", "cluster", "planning", "spec", "store", "data", "metrics", "report"]


def python(code: str, *, cwd: Path, path: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r}); {code}"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_these() -> None:
    assert ltk8s.__all__ == ["Experiment", "__version__", "load_ensemble", "open_store", "plan", "render", "submit"]


@pytest.mark.parametrize("name", ltk8s.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(ltk8s, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sumbit'"):
        ltk8s.sumbit  # noqa: B018


def test_nothing_on_the_controllers_side_loads_torch(tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for part in LIGHT
        for path in (ROOT / "ltk8s" / part).rglob("*.py")
    ]
    imports = "; ".join(f"import {module.removesuffix('.__init__')}" for module in sorted(modules))
    assert python(f"{imports}; print('torch' in sys.modules or 'timm' in sys.modules)", cwd=tmp_path) == "False"


def test_the_presets_come_along_in_a_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    said = python(
        "from ltk8s.spec.library import Library as L; print(L().directory.parent.name, *L().names(), *L().profiles())",
        cwd=tmp_path,
        path=tmp_path / "site",
    )
    here = Library()
    assert said.split() == ["ltk8s", *here.names(), *here.profiles()]
    assert {"baseline", "hp-sweep", "study", "cpu"} <= set(said.split())
