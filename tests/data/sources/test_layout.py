import logging
import unicodedata

import pytest

from ltk8s.data.sources.layout import arrange
from ltk8s.errors import UsageError


def labels(files, folders=()):
    items, _ = arrange(files, folders, "'set'")
    return [(item.part, item.label) for item in items]


def test_train_and_test_folders_are_the_parts():
    assert labels(["train/cat/1.png", "test/cat/1.png"]) == [("train", "cat"), ("test", "cat")]


def test_train_alone_is_still_to_be_divided():
    assert labels(["train/cat/1.png", "train/dog/1.png"]) == [(None, "cat"), (None, "dog")]


def test_an_image_beside_the_class_folders_of_a_part_is_ignored_and_named(caplog):
    files = ["train/cat/1.png", "train/montage.png", "test/cat/1.png"]
    with caplog.at_level(logging.WARNING):
        items, ignored = arrange(files, [], "'set'")
    assert [(item.part, item.label) for item in items] == [("train", "cat"), ("test", "cat")]
    assert ignored == {"in no class folder": 1}
    assert "'set' has images beside its class folders, which are ignored: train/montage.png." in caplog.text


@pytest.mark.parametrize("wrapper", ["", "set/"])
def test_a_test_part_without_labels_is_ignored_with_a_warning(caplog, wrapper):
    files = [f"{wrapper}{name}" for name in ("train/cat/1.png", "train/dog/1.png", "test/0.png", "test/1.png")]
    with caplog.at_level(logging.WARNING):
        items, ignored = arrange(files, [f"{wrapper}test"], "'set'")
    assert [(item.part, item.label) for item in items] == [(None, "cat"), (None, "dog")]
    assert ignored == {"in no class folder": 2}
    assert "'set' has a test part without class folders, so without labels: it is ignored" in caplog.text


def test_parts_alone_are_no_cause_for_a_warning(caplog):
    labels(["train/cat/1.png", "test/cat/1.png", "preview.png"])
    assert not caplog.records


def test_one_tree_of_class_folders():
    assert labels(["cat/1.png", "dog/1.png"]) == [(None, "cat"), (None, "dog")]


def test_a_class_may_be_called_train():
    assert labels(["train/1.png", "test/1.png", "tractor/1.png"]) == [(None, "train"), (None, "test"), (None, "tractor")]


def test_a_class_folder_may_have_folders():
    assert labels(["cat/black/1.png", "dog/1.png"]) == [(None, "cat"), (None, "dog")]


@pytest.mark.parametrize("wrapper", ["set", "a/b/c"])
def test_folders_around_everything_are_skipped(wrapper):
    files = [f"{wrapper}/train/cat/1.png", f"{wrapper}/test/cat/1.png", "preview.png"]
    assert labels(files) == [("train", "cat"), ("test", "cat")]
    assert labels([f"{wrapper}/cat/1.png", f"{wrapper}/dog/1.png"]) == [(None, "cat"), (None, "dog")]


def test_what_is_no_image_of_a_class_is_counted():
    files = ["cat/1.png", "dog/1.PNG", "cat/.hidden.png", "__MACOSX/cat/1.png", "cat/notes.txt", "stray.jpg", "Thumbs.db"]
    items, ignored = arrange(files, [], "'set'")
    assert [item.name for item in items] == ["cat/1.png", "dog/1.PNG"]
    assert ignored == {"hidden": 1, "in __MACOSX": 1, ".txt": 1, "in no class folder": 1, "Thumbs.db": 1}


@pytest.mark.parametrize(
    ("files", "folders", "message"),
    [
        (["cat/readme.txt"], [], "'set' holds no images"),
        ([], [], "'set' holds no images"),
        (["1.png", "2.png"], [], "holds no class folders: its images lie side by side"),
        (["train/cat/1.png", "val/cat/1.png"], [], "has the parts train, val, but a data set has train and test"),
        (["train/cat/1.png", "test/cat/1.png", "unlabeled/1.png"], [], "has the parts test, train, unlabeled, but a data set"),
        (["test/cat/1.png"], [], "has a test part and no train part"),
        (["test/cat/1.png", "train/1.png"], [], "has a test part and no train part"),
        (["cat/1.png", "dog/1.png"], ["cat", "dog", "eel", ".git"], "class folders without an image: eel."),
        (["train/cat/1.png", "test/cat/1.png"], ["train/eel", "train/cat"], "class folders without an image: train/eel."),
        (["set/cat/1.png", "set/dog/1.png"], ["set/eel", "docs"], "class folders without an image: set/eel."),
    ],
)
def test_refuses_what_makes_no_data_set(files, folders, message):
    with pytest.raises(UsageError, match=message):
        arrange(files, folders, "'set'")


@pytest.mark.parametrize(("train", "test"), [("Train", "Test"), ("training", "testing"), ("TRAIN", "Testing")])
def test_parts_may_be_spelled_otherwise(train, test):
    assert labels([f"{train}/cat/1.png", f"{test}/cat/1.png"]) == [("train", "cat"), ("test", "cat")]
    assert labels([f"set/{train}/cat/1.png", f"set/{train}/dog/1.png"]) == [(None, "cat"), (None, "dog")]


@pytest.mark.parametrize("beside", ["figures/1.png", "figures/old/1.png"])
@pytest.mark.parametrize("parts", [["train", "test"], ["Train"]])
def test_parts_are_never_taken_for_classes(parts, beside):
    with pytest.raises(UsageError, match=r"has class folders in .*rain.*, and beside that figures\. Take out"):
        labels([*(f"{part}/{label}/1.png" for part in parts for label in ("cat", "dog")), beside])


def test_another_part_is_refused_however_it_is_spelled():
    with pytest.raises(UsageError, match=r"has the parts Val, test, train, but a data set has train and test"):
        labels(["train/cat/1.png", "test/cat/1.png", "Val/cat/1.png"])


def test_backslashes_are_named():
    with pytest.raises(UsageError, match=r"has paths with backslashes, .* Pack it with another program"):
        labels(["cats\\1.png", "dogs\\1.png"])


def test_several_data_sets_are_refused():
    with pytest.raises(UsageError, match=r"has train or test folders in one, other: .* Stage them one by one"):
        labels(["one/train/cat/1.png", "one/test/cat/1.png", "other/train/cat/1.png"])


def test_a_class_called_train_may_be_beside_one_with_folders_inside():
    assert labels(["train/1.png", "cat/1.png", "cat/black/2.png"]) == [(None, "train"), (None, "cat"), (None, "cat")]


NFC, NFD = (unicodedata.normalize(form, "M\u00f6we") for form in ("NFC", "NFD"))


def test_a_class_has_one_form_of_unicode():
    items, _ = arrange([f"{NFD}/1.png", f"{NFC}/1.png", "Ente/1.png"], [NFC, NFD, "Ente"], "'set'")
    assert [(item.name, item.label) for item in items] == [
        (f"{NFD}/1.png", NFC),
        (f"{NFC}/1.png", NFC),
        ("Ente/1.png", "Ente"),
    ]
    assert labels([f"train/{NFD}/1.png", f"test/{NFC}/1.png"]) == [("train", NFC), ("test", NFC)]


@pytest.mark.parametrize(
    ("other", "written"),
    [
        ("snow leopard ", "snow leopard<U+0020>"),
        (" snow leopard", "<U+0020>snow leopard"),
        ("snow  leopard", "snow <U+0020>leopard"),
        ("snow\u00a0leopard", "snow<U+00A0>leopard"),
        ("snow\u3000leopard", "snow<U+3000>leopard"),
        ("snow \u200bleopard", "snow <U+200B>leopard"),
        ("\ufeffsnow leopard", "<U+FEFF>snow leopard"),
        ("\u202asnow leopard\u202c", "<U+202A>snow leopard<U+202C>"),
        ("snow\u00ad leopard", "snow<U+00AD> leopard"),
        ("snow leopard\u3164", "snow leopard<U+3164>"),
    ],
)
@pytest.mark.parametrize("parts", [("", ""), ("train/", "test/")])
def test_classes_that_look_the_same_are_refused_with_what_differs_written_out(other, written, parts):
    files = [f"{parts[0]}snow leopard/1.png", f"{parts[1]}{other}/1.png", *(f"{part}dog/1.png" for part in set(parts))]
    with pytest.raises(UsageError, match="classes whose names look the same") as raised:
        arrange(files, [], "'set'")
    assert "snow leopard and " in raised.value.what or " and snow leopard." in raised.value.what
    assert written in raised.value.what


def test_a_class_whose_name_cannot_be_seen_is_refused():
    with pytest.raises(UsageError, match=r"classes whose name cannot be seen: <U\+200B>"):
        arrange(["cat/1.png", "\u200b/1.png"], [], "'set'")


@pytest.mark.parametrize("pair", [("ice cream", "icecream"), ("a_b", "a b"), ("caf\u00e9", "cafe"), ("A", "\u0391")])
def test_classes_that_look_different_are_two(pair, caplog):
    assert len(labels([f"{label}/1.png" for label in pair])) == 2
    assert not caplog.records


def test_a_joiner_that_a_language_is_written_with_is_kept():
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert labels([f"{persian}/1.png", "cat/1.png"]) == [(None, persian), (None, "cat")]


def test_classes_that_differ_in_capitals_are_two_and_named(caplog):
    assert len(labels(["Cat/1.png", "cat/1.png", "dog/1.png"])) == 3
    assert "classes that differ only in capitals, and are kept apart: Cat and cat." in caplog.text


def test_a_class_of_what_cannot_be_read_is_named_with_what_it_has():
    files = ["cat/1.png", "dog/1.png", "eel/1.heic", "eel/2.heic", "eel/notes.txt"]
    with pytest.raises(UsageError, match=r"without an image: eel \(2 .heic, 1 .txt\)\. Put images there") as raised:
        arrange(files, ["cat", "dog", "eel"], "'set'")
    assert "emove" not in str(raised.value)


def test_folders_of_other_systems_are_no_empty_classes():
    folders = ["cat", "dog", "lost+found", "@eaDir", "System Volume Information"]
    assert len(arrange(["cat/1.png", "dog/1.png"], folders, "'set'")[0]) == 2


@pytest.mark.parametrize(
    ("file", "what", "do"),
    [
        ("cat/1.heic", "but 1 .heic (pictures that are not read", "Convert the pictures"),
        ("train.tar.gz", "but 1 .gz (archives inside are not read", "Unpack the archives"),
        ("cat/notes.txt", "but 1 .txt.", "Images are files with a suffix such as"),
    ],
)
def test_a_tree_without_images_says_what_it_has(file, what, do):
    with pytest.raises(UsageError) as raised:
        arrange([file], [], "'set'")
    assert what in raised.value.what
    assert do in raised.value.do


@pytest.mark.parametrize(
    ("files", "empty"),
    [
        (["a/x/1.png", "a/y/1.png", "b/x/1.heic"], "b"),
        (
            ["train/cat/1.heic", "train/dog/1.heic", "test/cat/1.png", "test/dog/1.png"],
            "train/cat (1 .heic), train/dog (1 .heic)",
        ),
        (["train/cat/1.png", "train/dog/1.cr2", "test/cat/1.png", "test/dog/1.png"], "train/dog (1 .cr2)"),
    ],
)
def test_photos_that_cannot_be_read_still_show_where_the_classes_are(files, empty):
    folders = {"/".join(file.split("/")[:depth]) for file in files for depth in (1, 2)}
    with pytest.raises(UsageError) as raised:
        arrange(files, folders, "'set'")
    assert f"class folders without an image: {empty}" in raised.value.what


def test_an_image_beside_the_parts_is_left_out_also_inside_of_a_folder_around_them():
    files = [
        f"set/{name}" for name in ("train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "test/dog/1.png", "preview.png")
    ]
    items, left_out = arrange(files, [], "'set'")
    assert len(items) == 4
    assert left_out == {"in no class folder": 1}


def test_a_class_with_images_and_folders_is_not_a_folder_around_classes():
    with pytest.raises(
        UsageError, match=r"one folder, cat: some directly in it \(cat/1.png\), and others in .* \(black, white\)"
    ):
        labels(["cat/1.png", "cat/black/2.png", "cat/white/3.png"])


@pytest.mark.parametrize("name", ["cat", "dev"])
def test_parts_within_a_class_are_refused(name):
    with pytest.raises(UsageError, match=f"has train and test folders within the classes {name}: .* would be mixed"):
        labels([f"{name}/train/1.png", f"{name}/Test/2.png", "dog/3.png"])


def test_a_class_may_have_a_folder_called_test():
    assert labels(["cat/test/1.png", "cat/2.png", "dog/3.png"]) == [(None, "cat"), (None, "cat"), (None, "dog")]


@pytest.mark.parametrize("other", ["Train", "training"])
def test_a_class_in_two_folders_for_one_part_is_refused(other):
    files = [f"{part}/{label}/1.png" for part in ("train", "test") for label in ("cat", "dog", "eel")]
    assert len(labels([*files, f"{other}/fox/1.png"])) == 7
    with pytest.raises(UsageError, match=f"several folders for one part, with classes in more than one .*: dog in .*{other}"):
        labels([*files, f"{other}/dog/2.png"])


def test_a_list_that_is_cut_is_whole_in_the_error():
    empty = [f"class-{number:02}" for number in range(30)]
    with pytest.raises(UsageError, match="class-09 and 20 more") as raised:
        arrange(["cat/1.png"], ["cat", *empty], "'set'")
    assert raised.value.every == tuple(empty)
