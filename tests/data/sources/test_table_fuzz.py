"""A table in any dialect: staged exactly as it says, or refused with a reason."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltk8s.data.sources.table import TableSource
from ltk8s.errors import UsageError

FILES = ("a.png", "b c.png", "sub/Möwe.png", "sub/d;e.png", "sub/f,g.png", 'q"r.png')

words = st.text(st.characters(categories=["L", "N", "Po", "Sm"], exclude_characters="=#/"), min_size=1, max_size=8).map(
    str.strip
)
labels = st.lists(
    st.sampled_from(["cat", "dog, black", 'the "big" one', "Möwe", "a;b", "0", "no", "1e5"]), min_size=6, max_size=6
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("table")
    for name in FILES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def examples(request: pytest.FixtureRequest, usual: int) -> settings:
    """How many examples: few, or as many as ``--fuzz`` says."""
    return settings(max_examples=int(request.config.getoption("--fuzz", default=None) or usual))


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, list[tuple[str, str, str | None, str | None]]]:
    """A table as a program would write it, and what it says."""
    names = draw(st.lists(st.sampled_from(FILES), min_size=1, unique=True))
    parts = draw(st.one_of(st.none(), st.lists(st.sampled_from(["train", "test"]), min_size=6, max_size=6)))
    groups = draw(st.lists(st.sampled_from(["", "p1", "p2"]), min_size=6, max_size=6))
    said = [
        (name, label, parts[at] if parts else None, groups[at] or None)
        for at, (name, label) in enumerate(zip(names, draw(labels), strict=False))
    ]
    columns = draw(st.permutations(["path", "label", "split", "group", "note"]))
    case, space = draw(st.sampled_from([str.lower, str.upper, str.title])), draw(st.sampled_from(["", " "]))
    file = io.StringIO(newline="")
    dialect = {
        "delimiter": draw(st.sampled_from(",;\t")),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    }
    writer = csv.writer(file, **dialect)
    writer.writerow([f"{case(column)}{space}" for column in columns])
    for name, label, part, group in said:
        row = {"path": name, "label": label, "split": case(part or ""), "group": group or "", "note": draw(words)}
        writer.writerow([row[column] + space for column in columns])
        if draw(st.booleans()):
            file.write(dialect["lineterminator"])
    return file.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))), said


def test_what_the_table_says_is_what_is_staged(root: Path, request: pytest.FixtureRequest) -> None:
    @examples(request, 150)
    @given(tables())
    def check(table: tuple[bytes, list[tuple[str, str, str | None, str | None]]]) -> None:
        (root / "images.csv").write_bytes(table[0])
        found = TableSource(root / "images.csv").listing()
        assert [(item.name, item.label, item.part, item.group) for item in found.items] == table[1]
        assert all(found.read(item.name) == item.name.encode() for item in found.items)

    check()


def test_a_damaged_table_is_read_or_refused_with_a_reason(root: Path, request: pytest.FixtureRequest) -> None:
    @examples(request, 150)
    @given(tables(), st.data())
    def check(table: tuple[bytes, list[object]], draw: st.DataObject) -> None:
        data, _ = table
        at = draw.draw(st.integers(0, len(data)))
        put = draw.draw(st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b",", b"\n", b"\0", b"\xff\xfe", b"="])))
        (root / "images.csv").write_bytes(data[:at] + put + data[at + draw.draw(st.integers(0, 3)) :])
        try:
            source = TableSource(root / "images.csv")
            why = ""
        except UsageError as error:
            why = f"{error.what} {error.do}"
        if why:
            assert "images.csv" in why
        else:
            assert all((root / item.name).is_file() and item.label.strip() for item in source.listing().items)

    check()
