"""What a result made on this machine says of the code that made it."""

import subprocess

import pytest

from ltk8s.cluster.local.revision import revision

IDENTITY = ["-c", "user.name=a", "-c", "user.email=a@example.com"]


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("a = 1\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, *IDENTITY, "commit", "--quiet", "--message=a")
    git(tmp_path, "tag", "v1")
    return tmp_path


def git(directory, *arguments):
    return subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True, text=True).stdout.strip()


def test_it_is_the_commit_and_not_a_tag(checkout):
    (checkout / "notes.txt").write_text("not part of the code\n")
    assert revision(checkout) == git(checkout, "rev-parse", "HEAD")


def test_it_says_that_code_was_changed_since(checkout):
    (checkout / "code.py").write_text("a = 2\n")
    assert revision(checkout) == f"{git(checkout, 'rev-parse', 'HEAD')}-dirty"


def test_a_folder_inside_of_someone_elses_checkout_has_none(checkout):
    (checkout / "venv").mkdir()
    assert revision(checkout / "venv") == ""


def test_without_git_or_a_commit_there_is_none(checkout, tmp_path_factory, monkeypatch):
    empty = tmp_path_factory.mktemp("empty")
    git(empty, "init", "--quiet")
    assert revision(empty) == ""
    monkeypatch.setenv("PATH", str(empty))
    assert revision(checkout) == ""
