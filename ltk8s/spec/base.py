"""The base of everything that a person writes: strict, immutable, with errors a person can act on."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ltk8s.errors import UsageError, did_you_mean
from ltk8s.redaction import without_credentials
from ltk8s.spec.yaml import as_written


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is a truth value; write '{str(value).lower()}' in quotes to mean the word")
    return as_written(value)


Text = Annotated[str, BeforeValidator(_text)]
"""A string as it was written: ``1.10`` and ``0012`` are words here, not numbers."""


class Spec(BaseModel):
    """A model that refuses unknown fields and cannot be changed after it was made.

    Numbers may be written as strings, since YAML 1.1 reads ``1e-3`` as one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


S = TypeVar("S", bound=Spec)


def parse(model: type[S], value: Any, where: str) -> S:
    """Validate ``value`` as ``model``.

    Raises:
        UsageError: naming each field that is wrong, with the nearest field name where one is unknown.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise UsageError(f"{where} is not valid: {describe(model, error)}", "Correct it and try again.") from None


def describe(model: type[BaseModel], error: ValidationError) -> str:
    """What is wrong, field by field, in the words of what a person wrote; a union's branches become one sentence."""
    said: dict[str, list[str]] = {}
    inputs: dict[str, str] = {}
    for problem in error.errors():
        path, message = _problem(model, problem)
        if message not in said.setdefault(path, []):
            said[path].append(message)
        value = problem["input"]
        if isinstance(value, str | int | float) and problem["type"] != "extra_forbidden":
            inputs[path] = f", not {without_credentials(value) if isinstance(value, str) else value!r}"
    sentences = [f"{path} {' or '.join(messages)}{inputs.get(path, '')}" for path, messages in said.items()]
    return "; ".join(sentences) + ("" if sentences[-1].endswith("?") else ".")


def _problem(model: type[BaseModel], problem: Any) -> tuple[str, str]:
    path, siblings = _written_path(model, problem["loc"])
    if problem["type"] == "extra_forbidden":
        unknown = str(problem["loc"][-1])
        near = did_you_mean(unknown, siblings)
        known = f";{near[0]}d{near[2:]}" if near else f"; the fields there are {', '.join(siblings)}"
        return repr(".".join([*path, unknown])), f"is no field{known}"
    name = repr(".".join(path)) if path else "it"
    if problem["type"] == "missing":
        return name, "is missing"
    if problem["type"] == "union_tag_invalid":
        return (
            name,
            f"has no {problem['ctx']['discriminator']} {problem['ctx']['tag']!r}, only {problem['ctx']['expected_tags']}",
        )
    if problem["type"] == "union_tag_not_found":
        return name, f"lacks its {problem['ctx']['discriminator']}"
    if problem["type"] in {"model_type", "dict_type"}:
        return name, "should hold fields"
    if problem["type"] == "string_type" and problem["input"] is None:
        return name, "has no value; quote 'null' to mean the word"
    message = str(problem["msg"]).removeprefix("Input ").replace("Value error, ", "is wrong: ")
    return name, f"{message[:1].lower()}{message[1:]}"


def _written_path(model: type[BaseModel], loc: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    """The parts of ``loc`` that a person wrote (pydantic adds one for each branch of a union), and the field names there."""
    models, path = [model], []
    for part in loc:
        if isinstance(part, int):
            path.append(str(part))
        elif any(part in m.model_fields for m in models):
            path.append(str(part))
            models = [inner for m in models if part in m.model_fields for inner in _models_in(m.model_fields[part].annotation)]
    return path, sorted({name for m in models for name in m.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field of this type may hold, through unions, lists and ``Annotated``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _models_in(argument)]
