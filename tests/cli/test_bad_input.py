"""Requests that cannot be carried out: a sentence says what is wrong, one what to do, and nothing is created."""

import pytest

from ltk8s.store import layout

TINY = ("--dataset", "tiny", "--ratio", "0.1")
OTHER = ("--dataset", "tiny")
LONG = "n" * 300

REFUSED = {
    "an unknown experiment": (
        ["stack-w"],
        "There is no experiment 'stack-w'. Did you mean 'stack-wl'?",
        "`ltk8s experiments` lists them",
    ),
    "a missing file": (["mine/stack.yaml"], "There is no experiment 'mine/stack.yaml'.", "`ltk8s experiments` lists them"),
    "an unknown profile": (
        ["baseline", "--profile", "lapptop"],
        "There is no profile 'lapptop'. Did you mean 'laptop'?",
        "Profiles are cpu, laptop, paper.",
    ),
    "an unknown family": (
        ["baseline", "--family", "lit"],
        "There is no family 'lit'. Did you mean 'lite'?",
        "efficientnet or lite",
    ),
    "an unknown network": (
        ["baseline", *TINY, "--set", "learners.0.arch=resnet5"],
        "There is no network 'resnet5'. Did you mean 'resnet50",
        "`ltk8s weights list`",
    ),
    "an unknown field": (
        ["baseline", *TINY, "--set", "train.epoch=3"],
        "'train.epoch' is no field; did you mean 'epochs'?",
        "",
    ),
    "an item that is not there": (
        ["baseline", *TINY, "--set", "learners.3.arch=resnet50"],
        "learners has no item '3'",
        "Count from 0",
    ),
    "a malformed setting": (["baseline", "--set", "train.steps"], "--set 'train.steps' does not say", "--set train.steps=50"),
    "a setting given twice": (
        ["baseline", "--set", "seed=1", "--set", "seed=2"],
        "The field 'seed' is given twice, by --set seed and by --set seed=2.",
        "Give it once.",
    ),
    "a ratio above 1": (["baseline", *OTHER, "--ratio", "1.5"], "The ratio '1.5' is not in (0, 1].", "'full'"),
    "a ratio of 0": (["baseline", *OTHER, "--ratio", "0"], "The ratio '0' is not in (0, 1].", "'full'"),
    "a ratio that --set puts out of range": (
        ["baseline", *OTHER, "--set", "dataset.ratio=2"],
        "'dataset.ratio' should be",
        "not 2",
    ),
    "a threshold of 0": (
        ["artificial-balancing", *TINY, "--set", "sampling.threshold=0"],
        "'sampling.threshold' should be greater than 0, not 0.",
        "",
    ),
    "a threshold above the largest class": (
        ["artificial-balancing", *OTHER, "--ratio", "0.1", "--set", "sampling.threshold=41"],
        "the largest class has 40.",
        "Use 1 to 40",
    ),
    "no majority to deal": (
        ["bagging-wl", *OTHER, "--ratio", "full"],
        "Bagging has no majority class to deal",
        "Choose a ratio below 1",
    ),
    "fewer than two bags": (
        ["bagging-wl", *OTHER, "--ratio", "0.1", "--set", "sampling.threshold=30"],
        "A bagging threshold of 30 images gives 1 bag",
        "at most 20",
    ),
    "a class left empty": (
        ["baseline", *OTHER, "--ratio", "0.001"],
        "At ratio 0.001 of 'tiny' a class is left without an image: ",
        "Use a ratio of",
    ),
    "an unknown data set": (["baseline", "--dataset", "tinny"], "There is no data set 'tinny'", "data stage"),
    "a data set whose content changed": (
        ["baseline", *TINY, "--set", "dataset.fingerprint=abcdef"],
        "The data set 'tiny' changed: abcdef is not in",
        "Stage the former content again",
    ),
    "weights of another network that are not staged": (
        ["baseline", *TINY, "--set", "learners.0.arch=vit_tiny_patch16_224"],
        "The weights of 'vit_tiny_patch16_224' are not staged",
        "`ltk8s weights stage vit_tiny_patch16_224`",
    ),
    "a cluster that does not exist": (
        ["baseline", *TINY, "--cluster", "nowhere"],
        "There is no context 'nowhere' in the kubeconfig",
        "local",
    ),
    "more than this machine has": (
        ["baseline", *TINY, "--profile", "laptop", "--set", "resources.cpu=4000"],
        "needs 4000 CPUs and 2 GiB of memory; this machine has",
        "Choose a smaller profile",
    ),
    "a malformed store": (["baseline", "--store", "gs://bucket"], "s3://bucket/prefix or file:///directory", ""),
    "a store with credentials in its address": (
        ["baseline", "--store", "s3://key:secret@bucket"],
        "'store.url' is wrong: it may not hold a credential",
        "environment",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_reason(ltk8s, store, case):
    arguments, what, do = REFUSED[case]
    before = [found.key for found in store.list("")]
    result = ltk8s("submit", *arguments)
    assert result.exit_code == 2
    assert what in result.stderr
    assert do in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr
    assert [found.key for found in store.list("")] == before


def test_one_bad_experiment_of_several_creates_nothing(ltk8s, store):
    assert ltk8s("submit", "baseline", "bagging-wl", *OTHER, "--ratio", "full").exit_code == 2
    assert list(store.list(layout.run())) == []


def test_an_unknown_field_of_the_settings_file_is_named(process, tmp_path):
    (tmp_path / "ltk8s.yaml").write_text("namespce: mine\n")
    done = process("status", cwd=tmp_path)
    assert done.returncode == 2
    assert "ltk8s.yaml has no field 'namespce'. Did you mean 'namespace'?" in done.stderr


def test_a_store_that_cannot_be_written(process, store, tmp_path):
    file = tmp_path / "a-file"
    file.write_text("")
    done = process("doctor", "--store", file.as_uri())
    assert done.returncode == 1
    assert f"in the store {file.as_uri()}: not a directory." in done.stdout


def test_a_store_that_cannot_be_reached(ltk8s, minio):
    address = "s3://bucket/prefix?endpoint=http://127.0.0.1:1"
    result = ltk8s("submit", "baseline", "--store", address, **minio.credentials)
    assert result.exit_code == 1
    assert "s3://bucket/prefix" in result.stderr
    assert "http://127.0.0.1:1" in result.stderr


def test_a_bucket_that_does_not_exist(ltk8s, minio):
    result = ltk8s("submit", "baseline", "--store", f"s3://no-such-bucket?endpoint={minio.endpoint}", **minio.credentials)
    assert result.exit_code == 1
    assert "no-such-bucket" in result.stderr


def test_a_credential_that_is_refused_is_not_shown(ltk8s, minio):
    wrong = {**minio.credentials, "AWS_SECRET_ACCESS_KEY": "not-the-secret"}
    result = ltk8s("submit", "baseline", "--store", minio.address(), **wrong)
    assert result.exit_code == 1
    assert "redential" in result.stderr
    assert "not-the-secret" not in result.stderr


def test_a_namespace_that_is_no_name(ltk8s, store):
    result = ltk8s("submit", "baseline", *TINY, "--namespace", "My_Space")
    assert result.exit_code == 2
    assert "'My_Space' is no namespace." in result.stderr


@pytest.mark.parametrize(
    ("fields", "more", "what"),
    [
        ("train: fast", [], "'train' should hold fields, not 'fast'"),
        ("resources: 5", [], "'resources' should hold fields, not 5"),
        ("learners: [efficientnet_b0]", [], "'learners.0' should hold fields, not 'efficientnet_b0'"),
        ("learners: [efficientnet_b0]", ["--set", "learners.0.seed=1"], "'learners.0"),
    ],
)
def test_a_field_of_another_kind_is_named(ltk8s, store, tmp_path, fields, more, what):
    own = tmp_path / "own.yaml"
    own.write_text(f"title: Own\n{fields}\n" + ("" if "learners" in fields else "learners: [{arch: efficientnet_b0}]\n"))
    result = ltk8s("submit", own, *TINY, *more)
    assert result.exit_code == 2, result.exception
    assert what in result.stderr


def test_a_state_directory_that_cannot_be_made(process, store, tmp_path, environment):
    (tmp_path / "file").touch()
    done = process("submit", "baseline", *TINY, LTK8S_STATE_DIR=str(tmp_path / "file" / "state"), LTK8S_STORE=store.address)
    assert done.returncode == 1
    assert ": not a directory.\nCheck the path." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_budget_that_is_no_time(ltk8s, store):
    result = ltk8s("submit", "study", "--budget", "soon")
    assert (result.exit_code, "'soon' is no length of time.\nWrite it as 30m, 12h" in result.stderr) == (2, True)


def test_an_age_that_no_calendar_has(ltk8s, store):
    assert ltk8s("gc", "--older-than", "999999w").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["weights", "stage", "efficientnet_b0", "--file", LONG],
        ["predict", LONG, "x.jpg"],
        ["store", "import", LONG],
        ["report", "--to", LONG],
        ["data", "list", "--store", f"file:///{LONG}"],
    ],
)
def test_a_name_that_is_too_long_is_said_by_every_command(ltk8s, store, arguments):
    result = ltk8s(*arguments)
    assert result.stderr.endswith(": file name too long.\nUse a shorter name.\n")
