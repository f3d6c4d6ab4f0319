import hashlib
import io
import pickle
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from ltk8s.data.sources import open_source
from ltk8s.data.sources.cifar import CifarSource
from ltk8s.errors import UsageError

NAMES = [f"class{i:02d}" for i in range(60)]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def batch(per_class):
    """Images of every class in mixed order, as CIFAR's files hold them: rows of 3072, colour planes first."""
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(60), per_class))
    data = np.random.default_rng(per_class).integers(0, 256, (len(labels), 3072), dtype=np.uint8)
    return {
        "data": data,
        "fine_labels": labels.tolist(),
        "coarse_labels": [0] * len(labels),
        "filenames": ["x.png"] * len(labels),
    }


@pytest.fixture
def batches():
    return {"meta": {"fine_label_names": NAMES}, "train": batch(3), "test": batch(1)}


@pytest.fixture
def cifar(tmp_path, batches):
    """CIFAR's folder, in small."""
    root = tmp_path / "cifar-100-python"
    root.mkdir()
    for name, content in batches.items():
        (root / name).write_bytes(pickle.dumps(content, protocol=2))
    return root


@pytest.fixture
def archive(tmp_path, cifar):
    path = tmp_path / "cifar-100-python.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(cifar, "cifar-100-python")
    return path


@pytest.fixture
def no_proxy():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture
def server(archive, no_proxy):
    """The archive behind a real web server; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=archive.parent)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/{archive.name}"
        running.shutdown()


def test_reads_labels_names_and_pixels(cifar, batches):
    listing = CifarSource(cifar).listing()
    first = int(np.flatnonzero(np.array(batches["train"]["fine_labels"]) == 7)[0])
    image = listing.read("train/class07/0000.png")
    assert np.array_equal(image, batches["train"]["data"][first].reshape(3, 32, 32).transpose(1, 2, 0))
    assert len(listing.items) == 240


def test_cifar50_is_the_first_50_classes(cifar):
    items = open_source("cifar50", cifar).listing().items
    assert sorted({item.label for item in items}) == NAMES[:50]
    assert open_source("other", cifar).classes == 100


def test_folder_parent_and_archive_hold_the_same(cifar, archive):
    listings = [open_source("cifar50", place).listing() for place in (cifar, cifar.parent, archive)]
    assert listings[0].items == listings[1].items == listings[2].items


def test_fetches_the_archive(server, archive):
    source = CifarSource(url=server, md5=hashlib.md5(archive.read_bytes()).hexdigest())
    assert len(source.listing().items) == 240


def test_refuses_another_file_than_the_one_that_is_known(server):
    with pytest.raises(UsageError, match="gave another file than CIFAR-100"):
        CifarSource(url=server).listing()


def test_without_a_network_it_says_what_to_do(no_proxy):
    with pytest.raises(UsageError, match=r"cannot be fetched from http://127.0.0.1:9/.* give --from FILE"):
        CifarSource(url="http://127.0.0.1:9/cifar-100-python.tar.gz").listing()


@pytest.mark.parametrize("module", ["os", "builtins", "numpy"])
def test_a_pickle_that_asks_for_more_than_arrays_is_never_run(cifar, module):
    name = {"os": "system", "builtins": "eval", "numpy": "load"}[module]
    (cifar / "meta").write_bytes(f"c{module}\n{name}\n(S'touch gotcha'\ntR.".encode())
    with pytest.raises(UsageError, match=rf"they ask for {module}\.{name}, which is no array"):
        CifarSource(cifar).listing()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps({"data": []}, protocol=2)])
def test_a_broken_batch_is_named(cifar, content):
    (cifar / "train").write_bytes(content)
    with pytest.raises(UsageError, match="The CIFAR-100 files cannot be read"):
        CifarSource(cifar).listing()


def test_a_cut_archive_is_named(archive):
    archive.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(UsageError, match=r"archive 'cifar-100-python.tar.gz' cannot be read"):
        CifarSource(archive).listing()


def test_arrays_of_python_2_are_read(cifar, batches):
    old = io.BytesIO()
    pickle.dump(batches["test"], old, protocol=2)
    (cifar / "test").write_bytes(old.getvalue().replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray"))
    assert len(CifarSource(cifar).listing().items) == 240


def test_an_archive_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"There is nothing at .*cifar-100-python.tar.gz"):
        open_source("cifar100", tmp_path / "cifar-100-python.tar.gz")
