"""Writes docs/reference from docstrings, models and commands: `python docs/generate.py`. A test keeps it in step."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

from ltk8s.cli.app import COMMANDS, load
from ltk8s.cli.common import SHARED_OPTIONS
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.profile import Profile
from ltk8s.spec.settings import Settings
from ltk8s.spec.study import Study
from ltk8s.spec.sweep import Sweep

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by docs/generate.py from the source: change it there. -->"

FUNCTIONS = (
    "ltk8s.store.open_store",
    "ltk8s.planning.planner.plan",
    "ltk8s.cluster.render.render",
    "ltk8s.cluster.submit.submit",
    "ltk8s.fusion.ensemble.load_ensemble",
)
CLASSES = (
    "ltk8s.store.base.Store",
    "ltk8s.data.manifest.Manifest",
    "ltk8s.planning.planner.Plan",
    "ltk8s.planning.task.Weights",
    "ltk8s.planning.task.LearnerTask",
    "ltk8s.planning.task.FusionTask",
    "ltk8s.cluster.submit.Outcome",
    "ltk8s.fusion.ensemble.Ensemble",
)
MODELS = {
    "Experiment": (Experiment, "An experiment's file: `jobs/*.yaml`, or your own by its path."),
    "Sweep": (Sweep, "A sweep's file."),
    "Study": (Study, "A study's file."),
    "Profile": (Profile, "A profile's file: `jobs/profiles/*.yaml`, or `profiles/` beside your own experiments."),
    "Settings": (Settings, "`ltk8s.yaml` in the current directory, or `LTK8S_*` with `__` between levels."),
}


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {"python.md": python_page(), "experiments.md": experiments_page(), "commands.md": commands_page()}


# Python


def python_page() -> str:
    package = griffe.load("ltk8s", search_paths=[ROOT])
    parts = [
        f"{NOTE}\n# Python\n",
        "The names that `ltk8s` promises are `Experiment`, `plan`, `render`, `submit`, `open_store` and `load_ensemble`; they"
        " load on first use. [Experiment](experiments.md#experiment) has a page of its own. Everything else is theirs to return"
        " or to take.\n",
        EXAMPLE,
        "## Functions\n",
        *(function_text(package[name.removeprefix("ltk8s.")], "ltk8s.") for name in FUNCTIONS),
        "## What they take and return\n",
        *(class_text(package[name.removeprefix("ltk8s.")]) for name in CLASSES),
        "## Errors\n",
        "Each has `what` is wrong and what to `do`, a sentence each.\n",
        *(error_text(each) for each in package["errors"].classes.values()),
    ]
    return "\n".join(parts).rstrip() + "\n"


EXAMPLE = """```python
import ltk8s

store = ltk8s.open_store("s3://bucket/prefix?endpoint=http://127.0.0.1:9000")
ensemble = ltk8s.load_ensemble(store, "stack-la")  # a torch Module, on the CPU
probabilities = ensemble(images)  # uint8 N×H×W×3 → float32 N×C
```
"""


def function_text(function: Any, prefix: str = "", level: str = "###") -> str:
    signatures = function.overloads or [function]
    code = "\n".join(signature(each) for each in signatures)
    return f"{level} {prefix}{function.name}\n\n```python\n{code}\n```\n\n{docstring_text(function)}"


def signature(function: Any) -> str:
    """A function's parameters and what it returns, as in the source; one parameter a line where they are many."""
    parameters = [parameter for parameter in function.parameters if parameter.name != "self"]
    cells, starred = [], False
    for parameter in parameters:
        if parameter.kind is griffe.ParameterKind.keyword_only and not starred:
            cells.append("*")
            starred = True
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        equals = " = " if annotation else "="
        cells.append(f"{parameter.name}{annotation}{equals + str(parameter.default) if parameter.default else ''}")
    line = f"{function.name}({', '.join(cells)}) -> {function.returns}"
    if len(line) <= 110:
        return line
    inner = ",\n    ".join(cells)
    return f"{function.name}(\n    {inner},\n) -> {function.returns}"


def docstring_text(thing: Any) -> str:
    """A docstring as Markdown: text, then arguments and errors as lists."""
    if not thing.docstring:
        return ""
    said = []
    for section in thing.docstring.parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.text:
            said.append(plain(section.value))
        elif section.kind is griffe.DocstringSectionKind.parameters:
            said.append("\n".join(f"- `{each.name}`: {plain(each.description, ' ')}" for each in section.value))
        elif section.kind is griffe.DocstringSectionKind.raises:
            said.append(
                "Raises:\n\n"
                + "\n".join(f"- `{str(each.annotation).strip('()')}` {plain(each.description, ' ')}" for each in section.value)
            )
        elif section.kind is griffe.DocstringSectionKind.examples:
            said += [f"```python\n{text}\n```" for _, text in section.value]
    return "\n\n".join(said) + "\n"


def class_text(thing: Any) -> str:
    """A class: what it is, its fields, and its public methods."""
    parts = [f"### {thing.name}\n", docstring_text(thing)]
    fields = [
        each for each in thing.attributes.values() if each.is_public and each.annotation and "property" not in each.labels
    ]
    if fields := [each for each in fields if not each.name.isupper()]:
        rows = "\n".join(f"| `{each.name}` | `{cell(each.annotation)}` |" for each in fields)
        parts.append(f"| field | type |\n| --- | --- |\n{rows}\n")
    members = {**thing.attributes, **thing.functions}
    for each in sorted(members.values(), key=lambda each: each.lineno or 0):
        if "property" in each.labels and each.docstring and each.is_public:
            parts.append(f"- `{thing.name}.{each.name}` (`{each.annotation}`): {docstring_text(each)}")
        elif each.is_function and each.docstring and each.is_public:
            parts.append(function_text(each, f"{thing.name}.", "####"))
    return "\n".join(parts)


def error_text(thing: Any) -> str:
    base = f" (a {thing.bases[0]})" if thing.bases else ""
    return f"- `{thing.name}`{base}: {docstring_text(thing).strip()}"


# Experiments, sweeps, studies, profiles and settings


def experiments_page() -> str:
    parts = [
        f"{NOTE}\n# Experiments, and what else you write\n",
        "Every field, with its type and its default. `--set path=value` sets one, as in `--set train.lr=2e-3`;"
        " `ltk8s experiments NAME --full` prints an experiment with all of them. What a technique does is in"
        " [techniques](../techniques/README.md).\n",
    ]
    seen: set[str] = set()
    for name, (model, where) in MODELS.items():
        schema = model.model_json_schema()
        parts.append(f"## {name}\n\n{where}\n\n{model_text(schema)}")
        for part, inner in schema.get("$defs", {}).items():
            if part not in seen and part not in MODELS:
                parts.append(f"### {part}\n\n{model_text(inner)}")
                seen.add(part)
    return "\n".join(parts).rstrip() + "\n"


def model_text(schema: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| `{name}` | {cell(type_text(field))} | {default_text(name, field, schema)} |"
        for name, field in schema.get("properties", {}).items()
    )
    return f"{plain(schema.get('description', ''))}\n\n| field | type | default |\n| --- | --- | --- |\n{rows}\n"


def type_text(field: dict[str, Any]) -> str:
    """A JSON schema's type in words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if options := field.get("anyOf") or field.get("oneOf") or field.get("allOf"):
        return " or ".join(dict.fromkeys(type_text(each) for each in options))
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " or ".join(f"`{each}`" for each in field["enum"])
    kind = field.get("type")
    if kind == "array":
        if "prefixItems" in field:
            return f"{len(field['prefixItems'])} × {type_text(field['prefixItems'][0])}"
        return f"list of {type_text(field.get('items', {}))}"
    if kind == "object":
        of = field.get("additionalProperties")
        return f"mapping of {type_text(of)}" if isinstance(of, dict) and of else "mapping"
    names = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "nothing"}
    return names.get(str(kind), "anything") + limits(field)


def limits(field: dict[str, Any]) -> str:
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    found = [f"{sign} {field[name]:g}" for name, sign in signs.items() if name in field]
    return f" {', '.join(found)}" if found else ""


def default_text(name: str, field: dict[str, Any], schema: dict[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "required"
    if "default" not in field:
        return ""
    text = json.dumps(field["default"], ensure_ascii=False)
    return f"`{cell(text)}`" if len(text) <= 60 else "that part's defaults"


# Commands


def commands_page() -> str:
    parts = [
        f"{NOTE}\n# Commands\n",
        "Exit codes: 0 done, 1 something failed or is blocked, 2 a usage error, 130 interrupted or detached."
        " Every command takes:\n",
        options_text([each for each in load("status").params if each.name in SHARED_OPTIONS]),
    ]
    for name in COMMANDS:
        command = load(name)
        group = getattr(command, "commands", None)
        each = {f"{name} {sub}": inner for sub, inner in sorted(group.items())} if group else {name: command}
        parts += [command_text(full, inner) for full, inner in each.items()]
    return "\n".join(parts).rstrip() + "\n"


def command_text(name: str, command: Any) -> str:
    arguments = [each for each in command.params if is_argument(each)]
    own = [each for each in command.params if each.name not in SHARED_OPTIONS and each not in arguments]
    words = " ".join(argument_word(each) for each in arguments)
    usage = f"    ltk8s {name}{' ' + words if words else ''}{' [OPTIONS]' if own else ''}"
    return "\n".join([f"## {name}\n", f"{usage}\n", help_text(command.help or ""), options_text([*arguments, *own])])


def is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def argument_word(argument: Any) -> str:
    metavar = (argument.metavar or argument.name or "").removesuffix("…")
    word = f"{metavar}…" if argument.nargs == -1 else metavar
    return word if argument.required else f"[{word}]"


def help_text(text: str) -> str:
    """A command's help as Markdown: what follows a \\b is code."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    shown = [
        "\n".join(f"    {line}" for line in each.removeprefix("\b\n").splitlines()) if each.startswith("\b") else plain(each)
        for each in paragraphs
    ]
    return "\n\n".join(shown) + "\n"


def options_text(options: list[Any]) -> str:
    rows = []
    for each in options:
        if getattr(each, "hidden", False):
            continue
        if is_argument(each):
            word = argument_word(each)
        else:
            metavar = "" if each.is_flag else f" {each.metavar or 'VALUE'}"
            word = f"{', '.join(each.opts)}{metavar}"
        rows.append(f"| `{cell(word)}` | {cell(plain(each.help or ''))} |")
    return "| | |\n| --- | --- |\n" + "\n".join(rows) + "\n" if rows else ""


# Text


def plain(text: str, joint: str = "\n") -> str:
    """reStructuredText's double backticks as Markdown's single ones; lines are joined by ``joint``."""
    return joint.join(re.sub(r"``(.+?)``", r"`\1`", line) for line in text.strip().splitlines())


def cell(text: Any) -> str:
    """Text for a table: a bar would end the column."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def write() -> Iterator[Path]:
    """Write the pages that changed; yield their files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            yield path


if __name__ == "__main__":
    for written in write():
        print(f"Wrote {written.relative_to(ROOT)}")
