"""Reading YAML that people write: every file of settings, experiments and clusters, and the values of ``--set``.

It is YAML 1.1, as Kubernetes has it, read strictly and as it is meant:

- A key is text, as it was written: ``0``, ``no`` and ``1.10`` are classes. A key that is there twice is an error.
- Only ``true`` and ``false`` are truth values; ``yes``, ``no``, ``on``, ``off`` and dates are text.
- A number remembers how it was written, for fields that hold text: a fingerprint ``00012`` is not 10 (``as_written``).
- Data only: no tag makes an object, no alias can hold itself or grow without end.

An error has the line and quotes no value, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ltk8s.errors import UsageError
from ltk8s.spec.text import NotText, read_text

SUFFIXES = (".yaml", ".yml")

MOST_BYTES = 16 << 20
MOST_VALUES = 500_000
"""With aliases, a small file can stand for more values than there is memory for."""
DEEPEST = 100

_TAG = "tag:yaml.org,2002:"
_WRONG_CHARACTER = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class YamlError(ValueError):
    """Raised when a text is not YAML that can be understood; ``do`` says how to correct it."""

    def __init__(self, what: str, do: str = "Correct it.") -> None:
        super().__init__(what)
        self.do = do


class WrittenInt(int):
    """A whole number that was not ``written`` the way Python prints it: ``0x1f``, ``1_000``, ``010`` (8 in YAML 1.1)."""

    written = ""


class WrittenFloat(float):
    """A number that was not ``written`` the way Python prints it: ``1.10``, ``1.0e+5``."""

    written = ""


def as_written(value: Any) -> Any:
    """A number as the text that a person wrote; anything else as it is.

    >>> as_written(parse_yaml("1.10")), as_written(parse_yaml("010")), as_written(7), as_written(True)
    ('1.10', '010', '7', True)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return getattr(value, "written", "") or str(value)


def plain(value: Any) -> Any:
    """The same data with plain numbers, which have forgotten how they were written."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, WrittenInt):
        return int(value)
    return float(value) if isinstance(value, WrittenFloat) else value


def is_yaml(name: str | Path) -> bool:
    """Whether a name is that of a YAML file.

    >>> is_yaml("mine/exp.YAML"), is_yaml("stack-wl")
    (True, False)
    """
    return Path(name).suffix.lower() in SUFFIXES


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds; None where that is nothing, comments apart.

    Raises:
        UsageError: naming the file, and the line where it is not valid.
    """
    try:
        return parse_yaml(read_text(path, most=MOST_BYTES))
    except NotText as error:
        raise UsageError(f"{path} is not text: {error}.", "Save it as UTF-8.") from None
    except YamlError as error:
        raise UsageError(f"{path} is not valid YAML: {error}.", error.do) from None


def read_mapping(path: Path, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return the fields of a YAML file that holds one mapping.

    Args:
        may_be_empty: take a file without any content, comments apart, for an empty mapping.

    Raises:
        UsageError: naming the file, and the line where it is not valid.
    """
    value = read_yaml(path)
    if value is None and may_be_empty:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{path} holds no fields.", "Write them as `name: value`, one a line.")
    return value


def parse_yaml(text: str, *, comments: bool = True) -> Any:
    """Return the data that one YAML document stands for: dict, list, str, int, float, bool and None.

    Args:
        comments: whether what follows a ``#`` may be left out; in a value of the command line it is hardly meant so.

    Raises:
        YamlError: with the line.

    >>> parse_yaml("{0: 0.9, no: 0.1}"), parse_yaml("[yes, true, 2024-01-01, 1e-3, 0.001]")
    ({'0': 0.9, 'no': 0.1}, ['yes', True, '2024-01-01', '1e-3', 0.001])
    """
    if wrong := _WRONG_CHARACTER.search(text):
        line = text.count("\n", 0, wrong.start()) + 1
        raise YamlError(f"line {line} has the character U+{ord(wrong[0]):04X}", "Take it out.")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not comments and "#" in text[node.end_mark.index if node else 0 :]:
            raise YamlError("a # begins a comment, so the rest would be lost", "Quote the value.")
        return None if node is None else _Reader(loader).value(node)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text) from None
    except RecursionError:  # PyYAML without its C library
        raise YamlError("it is nested too deeply") from None
    finally:
        loader.dispose()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Tells numbers, truth values and nothing from text."""


_RESOLVED = {
    f"{_TAG}bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    **{f"{_TAG}{kind}": None for kind in ("int", "float", "null", "merge")},
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _RESOLVED[tag] or pattern) for tag, pattern in resolvers if tag in _RESOLVED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Reader:
    """From the nodes of a document to data."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.inside: list[yaml.Node] = []
        self.values = 0

    def value(self, node: yaml.Node) -> Any:
        self.values += 1
        if self.values > MOST_VALUES:
            raise YamlError(f"it stands for more than {MOST_VALUES:,} values", "Use fewer aliases.")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node in self.inside:
            raise YamlError(f"{_line(node)} has an alias of what it is inside of", "Write out what you mean.")
        if len(self.inside) == DEEPEST:
            raise YamlError(f"{_line(node)} is nested more than {DEEPEST} deep")
        self.inside.append(node)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            value: Any = self._mapping(node)
        elif isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            value = [self.value(item) for item in node.value]
        else:
            raise _wrong_tag(node)
        self.inside.pop()
        return value

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return node.value
        if kind == "null":
            return None
        try:
            if kind == "bool":
                return {"true": True, "false": False}[node.value.lower()]
            if kind in ("int", "float"):
                return _number(getattr(self.loader, f"construct_yaml_{kind}")(node), node.value)
        except (LookupError, ValueError, OverflowError):
            raise YamlError(
                f"{_line(node)} has a value that is not the {kind} that it should be", "Correct or quote it."
            ) from None
        raise _wrong_tag(node)

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """A mapping's own keys win over those that it merges (``<<``), of which the first counts."""
        own: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        lines: dict[tuple[str, bool], int] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(f"{_line(key)} has a key that is not a word", "Write `key: value`; quote a key with brackets.")
            merges = key.tag == f"{_TAG}merge"
            line = key.start_mark.line + 1
            if first := lines.get((key.value, merges)):
                raise _twice(key.value, first, line)
            lines[key.value, merges] = line
            if merges:
                merged += self._merged(item)
            else:
                own[key.value] = self.value(item)
        return {name: value for each in [*reversed(merged), own] for name, value in each.items()}

    def _merged(self, node: yaml.Node) -> Iterator[dict[str, Any]]:
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            value = self.value(each)
            if not isinstance(value, dict):
                raise YamlError(f"{_line(each)} merges (<<) what is not a mapping")
            yield value


def _number(value: Any, written: str) -> Any:
    if str(value) == written:
        return value
    remembering = WrittenInt(value) if isinstance(value, int) else WrittenFloat(value)
    remembering.written = written
    return remembering


def _twice(key: str, first: int, line: int) -> YamlError:
    where = f"in lines {first} and {line}" if line != first else f"twice in line {line}"
    return YamlError(f"the key {key!r} is {where}, so one value would be lost", "Keep one of them, with all that it holds.")


def _wrong_tag(node: yaml.Node) -> YamlError:
    return YamlError(
        f"{_line(node)} has a tag (!), and only plain data is read", "Remove it, or quote a text that begins with !."
    )


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _explained(error: yaml.MarkedYAMLError, text: str) -> YamlError:
    """PyYAML's error without the excerpt, and without the names that it quotes."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return YamlError(error.problem or "it cannot be parsed")
    where = f"line {mark.line + 1}, column {mark.column + 1}"
    if "another document" in (error.problem or ""):
        return YamlError(f"{where}: another document begins", "Give each document a file of its own.")
    lines = text.splitlines()
    if "\t" in (lines[mark.line] if mark.line < len(lines) else "")[: mark.column + 1]:
        return YamlError(f"{where}: there is a tab", "Indent with blanks.")
    problem = re.sub(r"(alias|anchor|character|tag handle|escape character) '.*'", r"\1", error.problem or "")
    if (begun := error.context_mark) and begun.line != mark.line:
        problem += f", in what begins in line {begun.line + 1}, column {begun.column + 1}"
    return YamlError(
        f"{where}: {' '.join(problem.split())}", "Correct it there; quote a text that has : or # or brackets in it."
    )
