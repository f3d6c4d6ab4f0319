"""What every command shares: its options, the context made from them, and what becomes of an error."""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, get_type_hints

import typer

from ltk8s.errors import NO_ROOM, LtkError, UsageError, reason, system_error
from ltk8s.escaping import UNPRINTABLE, printable
from ltk8s.redaction import redacted

if TYPE_CHECKING:
    from rich.console import Console

    from ltk8s.cluster.base import Cluster
    from ltk8s.spec.settings import Settings
    from ltk8s.store.base import Store

FAILED, USAGE, INTERRUPTED = 1, 2, 130

RETRY_SECONDS = 5.0
"""For how long a command asks a store that does not answer."""

SHARED_OPTIONS: dict[str, tuple[Any, Any]] = {
    "cluster": (
        Annotated[
            str | None,
            typer.Option("--cluster", metavar="NAME", help="'local', or a kubeconfig context."),
        ],
        None,
    ),
    "namespace": (Annotated[str | None, typer.Option("--namespace", "-n", metavar="NAME", help="Where the Jobs are.")], None),
    "store": (
        Annotated[str | None, typer.Option("--store", metavar="URL", help="s3://bucket/prefix or file:///directory.")],
        None,
    ),
    "json": (Annotated[bool, typer.Option("--json", help="Print one JSON document.")], False),
    "output": (
        Annotated[str, typer.Option("--output", metavar="text|json", help="The same as a choice.", hidden=True)],
        "text",
    ),
    "debug": (Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")], False),
}

JobsOption = Annotated[
    Path | None, typer.Option("--jobs", metavar="DIR", help="Read experiments from here, not the presets that come along.")
]


def new_app(help: str = "") -> typer.Typer:
    """A module's ``app``: one command, or a group with ``help`` when several are registered on it."""
    return typer.Typer(help=help or None, add_completion=False, no_args_is_help=True, rich_markup_mode=None)


class Context:
    """What a command works with; settings, store and cluster are opened on first use, so that each pays for what it uses."""

    def __init__(
        self,
        *,
        cluster: str | None = None,
        namespace: str | None = None,
        store: str | None = None,
        json: bool = False,
        output: str = "text",
        debug: bool = False,
    ) -> None:
        if output not in {"text", "json"}:
            raise UsageError(f"There is no output {output!r}.", "Choose text or json.")
        self.flags: dict[str, Any] = {"cluster": cluster, "namespace": namespace, "store": store}
        self.json = json or output == "json"
        self.debug = debug

    @cached_property
    def settings(self) -> Settings:
        """All settings, those that the chosen cluster has for its clients included."""
        from ltk8s.spec.settings import load_settings

        loaded = load_settings(site=self._site(), **self.flags)
        if not (loaded.has_store or self.on_this_machine):
            self.errors.print(
                f"Note: the cluster {self.cluster.name!r} names no store, so this takes one of this machine: "
                f"{loaded.store.url}. --store names another one.",
                markup=False,
            )
        return loaded

    @cached_property
    def store(self) -> Store:
        """The store, at the address by which this machine reaches it. A person waits: it gives up soon."""
        from ltk8s.cli.access import client_address
        from ltk8s.store import open_store

        return open_store(client_address(self.settings.store, self.cluster), retry_seconds=RETRY_SECONDS)

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster that was asked for, else the default; connected to when it is first used."""
        from ltk8s.cluster import open_cluster

        return open_cluster(None, self.own_settings)

    @cached_property
    def own_settings(self) -> Settings:
        """The settings as they are without a cluster's: these say which one is chosen."""
        from ltk8s.spec.settings import load_settings

        return load_settings(**self.flags)

    @property
    def on_this_machine(self) -> bool:
        """Whether the cluster is this machine."""
        return self.cluster.on_this_machine

    def _site(self) -> dict[str, str]:
        """What the cluster has for its clients. One that does not answer, or that lacks the namespace, is an error only where
        nothing else says which store is meant: results can be read without it.
        """
        from ltk8s.errors import ClusterError

        try:
            return self.cluster.site()
        except UsageError:
            if not self.own_settings.has_store:
                raise
            return {}
        except ClusterError as error:
            if not self.own_settings.has_store:
                raise
            self.errors.print(f"Note: {redacted(error.what)} Its settings are not known.", markup=False)
            return {}

    @property
    def default_profile(self) -> str:
        return "cpu" if self.on_this_machine else "paper"

    @cached_property
    def console(self) -> Console:
        """Standard output."""
        from ltk8s.cli.terminal import make_console

        return make_console(sys.stdout)

    @cached_property
    def errors(self) -> Console:
        """Standard error, for what is said beside the answer."""
        from ltk8s.cli.terminal import make_console

        return make_console(sys.stderr)

    @property
    def beside(self) -> Console:
        """Where something is said beside the answer: standard output for people, standard error when that carries JSON."""
        return self.errors if self.json else self.console

    def note(self, text: str) -> None:
        """Say something beside the answer."""
        self.beside.print(redacted(text), markup=False)

    def emit(self, value: Any, render: Callable[[], None]) -> None:
        """Print ``value`` as JSON when that was asked for; otherwise let ``render`` show it to a person."""
        if self.json:
            sys.stdout.write(to_json(value) + "\n")
        else:
            render()


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a function whose first parameter is the Context.

    The shared options are added to its own. An LtkError becomes its two sentences and exit 1 or 2, Ctrl-C exit 130, and
    anything unexpected one line; ``--debug`` shows the traceback of each.
    """

    @functools.wraps(function)
    def wrapper(**values: Any) -> None:
        shared = {name: values.pop(name) for name in SHARED_OPTIONS}
        try:
            function(Context(**shared), **values)
            sys.stdout.flush()
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except LtkError as error:
            _fail_with(error, shared)
        except OSError as error:
            _fail_with(of_the_system(error), shared)
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            fail(what, "Run again with --debug for the traceback.", code=FAILED, debug=shared["debug"])

    parameters = _own_parameters(function) + _shared_parameters()
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def _fail_with(error: LtkError, shared: dict[str, Any]) -> NoReturn:
    """Print an error and leave; if it names only the first of a list, say where the rest is."""
    code = USAGE if error.exit_code == USAGE else FAILED
    if error.every:
        from ltk8s.cli.whole_list import as_document, rest_of

        if shared["json"] or shared["output"] == "json":
            sys.stdout.write(to_json(as_document(error)) + "\n")
        elif rest := rest_of(error):
            fail(error.what, f"{rest} {error.do}".strip(), code=code, debug=shared["debug"])
    fail(error.what, error.do, code=code, debug=shared["debug"])


def of_the_system(error: OSError) -> LtkError:
    """An error of the system that nobody expected there. What a full standard output does not take is let go."""
    if error.errno is None:
        return LtkError(" ".join(f"{type(error).__name__}: {error}".split()), "Run again with --debug for the traceback.")
    if error.errno in NO_ROOM:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.filename is not None:
        return system_error(error, "use", error.filename)
    return LtkError(f"The system refuses to go on: {reason(error)}.", system_error(error, "use", "").do)


def fail(what: str, do: str, *, code: int, debug: bool = False) -> NoReturn:
    """Print an error, without a secret, to standard error and leave with ``code``; 'Error:' is red on a terminal."""
    if debug:
        typer.echo(redacted(traceback.format_exc()), err=True, nl=False)
    typer.echo(f"{typer.style('Error:', fg='red', bold=True)} {printable(redacted(what))}", err=True)
    if do:
        typer.echo(printable(redacted(do)), err=True)
    raise typer.Exit(code)


def to_json(value: Any) -> str:
    """One JSON document; models, dataclasses and paths become plain values. What a terminal would obey is escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _own_parameters(function: Callable[..., None]) -> list[inspect.Parameter]:
    """A command's parameters but the Context, by keyword, with annotations resolved in its own module."""
    hints = get_type_hints(function, include_extras=True)
    _, *own = inspect.signature(function).parameters.values()
    return [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name]) for parameter in own]


def _shared_parameters() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in SHARED_OPTIONS.items()
    ]
