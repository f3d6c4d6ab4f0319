import subprocess
import sys


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after running this in a fresh interpreter."""
    show = f"{code}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split())


def test_a_store_in_a_directory_loads_no_boto():
    loaded = loaded_by("from ltk8s.store import open_store; open_store('file:///tmp').exists('a')")
    assert not loaded & {"boto3", "botocore", "numpy", "torch", "kubernetes"}


def test_the_modules_above_the_stores_load_no_boto():
    modules = "commit, folder, progress, runs, weights"
    assert not loaded_by(f"from ltk8s.store import {modules}") & {"boto3", "botocore", "numpy", "torch", "kubernetes"}
