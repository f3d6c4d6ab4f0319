"""What a person wrote is what is read: keys and words as written, nothing twice, nothing lost, no value in an error."""

import json
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator

from ltk8s.errors import UsageError
from ltk8s.spec import experiment, profile, study, sweep, train
from ltk8s.spec import settings as settings_module
from ltk8s.spec.yaml import YamlError, as_written, parse_yaml, plain, read_mapping

WORDS = ["no", "yes", "on", "off", "null", "~", "true", "1.10", "010", "1:30", "1e5", "2024-01-01", "0x1f", "1_000", "=", "<<"]
"""What YAML takes for something other than text."""

printable = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"], include_characters="\t\n")
text = st.one_of(st.sampled_from(WORDS), st.text(printable, max_size=12))
fractions = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: "." in repr(number))  # 1e-06 is text
numbers = st.one_of(st.integers(-(10**12), 10**12), fractions)
data = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=12,
)


def examples(request: pytest.FixtureRequest, usual: int) -> settings:
    """How many examples: few, or as many as ``--fuzz`` says."""
    return settings(max_examples=int(request.config.getoption("--fuzz", default=None) or usual))


def test_what_was_written_is_read(request: pytest.FixtureRequest) -> None:
    @examples(request, 150)
    @given(data, st.sampled_from([True, False, None]), st.booleans())
    def check(value: object, flow: bool | None, as_json: bool) -> None:
        written = (
            json.dumps(value, ensure_ascii=False)
            if as_json
            else yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
        )
        assert plain(parse_yaml(written)) == value

    check()


def test_a_plain_key_is_its_own_text(request: pytest.FixtureRequest) -> None:
    @examples(request, 100)
    @given(st.lists(st.from_regex(r"\A[A-Za-z0-9.][A-Za-z0-9:_.+-]{0,8}[A-Za-z0-9]\Z"), unique=True, max_size=6))
    def check(keys: list[str]) -> None:
        assert list(parse_yaml("".join(f"{key}: 1\n" for key in keys)) or {}) == keys

    check()


def test_a_key_twice_is_always_refused(request: pytest.FixtureRequest) -> None:
    @examples(request, 100)
    @given(st.dictionaries(text, data, min_size=1, max_size=4), st.data())
    def check(fields: dict[str, object], draw: st.DataObject) -> None:
        key = draw.draw(st.sampled_from(sorted(fields)))
        lines = [
            f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
            for name, value in [*fields.items(), (key, 1)]
        ]
        where = f"in lines {list(fields).index(key) + 1} and {len(lines)},"
        for written in ("\n".join(lines), f"{{{', '.join(lines)}}}"):
            with pytest.raises(YamlError) as caught:
                parse_yaml(written)
            assert f"the key {key!r} is" in str(caught.value)
            assert written.startswith("{") or where in str(caught.value)

    check()


def test_any_text_is_read_or_refused(request: pytest.FixtureRequest) -> None:
    pieces = [
        *WORDS,
        *"[]{}:,-?!&*#|>%@`'\"\\\n\t \0\r\ufeff\x85",
        ": ",
        "- ",
        "&a ",
        "*a",
        "!!int ",
        "!!map ",
        "---\n",
        "...",
        "<<: ",
    ]

    @examples(request, 300)
    @given(st.lists(st.one_of(st.sampled_from(pieces), st.text(max_size=3)), max_size=20).map("".join))
    def check(text: str) -> None:
        with suppress(YamlError):
            json.dumps(parse_yaml(text))

    check()


@pytest.mark.parametrize("word", WORDS[:-1])
def test_keys_are_taken_as_they_are_written(word: str) -> None:
    assert parse_yaml(f"{{{word}: 0.9}}") == {word: 0.9}


@pytest.mark.parametrize("word", ["no", "1.10", "010", "1:30", "1e5", "2024-01-01", "0x1f", "12345678", "1_000", ".5"])
def test_text_is_what_was_written(word: str) -> None:
    assert as_written(parse_yaml(f"a: {word}")["a"]) == word


def test_numbers_mean_what_they_meant() -> None:
    assert parse_yaml("[010, 1_000, 1.0e+5, 0x1f, .5]") == [8, 1000, 100000.0, 31, 0.5]


def test_merged_keys_give_way_to_own_ones() -> None:
    text = "base: &b {x: 1, y: 2}\nc: {<<: *b, x: 3}\nd: {<<: [{x: 4}, *b]}"
    assert parse_yaml(text) == {"base": {"x": 1, "y": 2}, "c": {"x": 3, "y": 2}, "d": {"x": 4, "y": 2}}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' is in lines 1 and 3"),
        ("1: a\n'1': b", "the key '1' is in lines 1 and 2"),
        ("{<<: {a: 1}, <<: {a: 2}}", "the key '<<' is twice in line 1"),
        ("a: &x [*x]", "line 1 has an alias of what it is inside of"),
        ("a: hunter2\n--- {b: hunter2}", "line 2, column 1: another document begins"),
        ("a:\n\tb: hunter2", "line 2, column 1: there is a tab"),
        ("a: *hunter2", "line 1, column 4: found undefined alias"),
        ("a: !hunter2", "line 1 has a tag"),
        ("a: !!python/object:os.system hunter2", "line 1 has a tag"),
        ("a: !!int hunter2", "line 1 has a value that is not the int"),
        ("? [hunter2]\n: 1", "line 1 has a key that is not a word"),
        ("a: b\nc: hunter2\0", "line 2 has the character U+0000"),
        ("a: hunter2: c", "line 1, column 11: mapping values are not allowed"),
        ('a: "hunter2\\q"', "line 1, column 12: found unknown escape character"),
        ("a: 1\nb: [hunter2", "in what begins in line 2, column 4"),
        ("[" * 200 + "]" * 200, "is nested more than 100 deep"),
        ("[" * 100_000, "nest"),
        ("<<: hunter2", "line 1 merges (<<) what is not a mapping"),
    ],
)
def test_refused_with_the_line_and_no_value(written: str, said: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse_yaml(written)
    assert said in str(caught.value)
    assert "hunter2" not in f"{caught.value} {caught.value.do}"


def test_aliases_do_not_grow_without_end() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 20)]
    with pytest.raises(YamlError, match="stands for more than 500,000 values"):
        parse_yaml("\n".join(["a0: &a0 x", *levels]))


class TestFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_every_editors_way_of_saving(self, tmp_path: Path, encoding: str, end: str) -> None:
        (tmp_path / "a.yaml").write_bytes(f"title: Möwe{end}seed: 1{end}".encode(encoding))
        assert read_mapping(tmp_path / "a.yaml") == {"title": "Möwe", "seed": 1}

    def refusal(self, path: Path) -> str:
        with pytest.raises(UsageError) as caught:
            read_mapping(path)
        return str(caught.value)

    def test_another_encoding_is_refused_with_its_line(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_bytes("a: 1\nb: hunter2 Möwe".encode("cp1252"))
        said = self.refusal(tmp_path / "a.yaml")
        assert "is not text: line 2 has the byte 0xf6, which is not UTF-8. Save it as UTF-8." in said
        assert "hunter2" not in said

    def test_what_is_not_a_file_that_can_be_read(self, tmp_path: Path) -> None:
        assert "is a directory" in self.refusal(tmp_path)
        assert "no such file" in self.refusal(tmp_path / "none.yaml")

    def test_a_huge_file_is_not_read(self, tmp_path: Path) -> None:
        with (tmp_path / "a.yaml").open("wb") as file:
            file.truncate(1 << 30)
        assert "is larger than 16 MiB" in self.refusal(tmp_path / "a.yaml")

    def test_a_list_holds_no_fields(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("[a]")
        assert "holds no fields" in self.refusal(tmp_path / "a.yaml")


def reads_numbers_as_text(annotation: Any, metadata: tuple[Any, ...] = ()) -> bool:
    """Whether all text that a field of this type may hold is taken as written."""
    if annotation is str:
        return any(isinstance(each, BeforeValidator) for each in metadata)
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return reads_numbers_as_text(inner, (*metadata, *more))
    if get_origin(annotation) is Literal:
        return True
    inner = get_args(annotation)[1:] if get_origin(annotation) is dict else get_args(annotation)
    return all(reads_numbers_as_text(each) for each in inner)


@pytest.mark.parametrize("module", [experiment, profile, settings_module, study, sweep, train])
def test_every_field_for_text_takes_it_as_written(module: ModuleType) -> None:
    models = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    fields = {f"{model.__name__}.{name}": field for model in models for name, field in model.model_fields.items()}
    assert fields
    assert [name for name, field in fields.items() if not reads_numbers_as_text(field.annotation, tuple(field.metadata))] == []
