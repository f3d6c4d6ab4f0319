"""``ltk8s trace``: from a number back to what made it: the task, the Job's manifest and the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ltk8s.cli import complete
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.logs import stored_log
from ltk8s.cli.lookup import FoundJob, find_job, jobs_of
from ltk8s.cluster.job import Manifest
from ltk8s.cluster.render import render_held, render_learner, to_yaml
from ltk8s.errors import NotFound, TaskError, UsageError
from ltk8s.escaping import printable
from ltk8s.planning.task import LearnerTask, parse_task
from ltk8s.spec.experiment import Experiment
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_result
from ltk8s.store.runs import RunRecord, find_run
from ltk8s.times import shown

app = new_app()

SAID = ("version", "revision", "image", "device", "cpu", "threads", "torch", "timm", "seconds")
"""What of a result's provenance a person wants to read; --json has all of it."""


@dataclass(frozen=True)
class Trace:
    """What is behind one Job's numbers. Without a ``task`` it was never started; without a ``result`` it is not committed."""

    id: str
    kind: layout.Kind
    run: str
    where: dict[str, Any]
    members: tuple[str, ...]
    result: Result | None
    task: dict[str, Any] | None
    manifest: Manifest | None
    log: str | None


@app.command()
@command
def trace(
    context: Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="RUN|JOB...", help="Runs, or learners, fusions and rankings.", autocompletion=complete.runs),
    ],
) -> None:
    """Print what is behind a number: its task, Job manifest and log.

    A run stands for the Job that ends it, its fusion or ranking; its learners are named, to be traced in turn.

    \b
    ltk8s trace stack-wl-1a2b3c4d
    ltk8s trace cifar50-0-02-lite0-ens-s0-1065bf4880
    """
    traces = [make_trace(context, find(context.store, name)) for name in names]
    context.emit(traces, lambda: typer.echo(printable("\n\n".join(map(to_text, traces)))))


def find(store: Store, name: str) -> FoundJob:
    """The Job that is meant: a run's last one, or the one of that name.

    Raises:
        UsageError: if there is neither, or several.
    """
    try:
        return jobs_of(find_run(store, name))[-1]
    except UsageError as no_run:
        try:
            return find_job(store, name)
        except UsageError as no_job:
            # Whichever has a suggestion or a list of candidates says more.
            raise (no_job if "Several" in no_job.what or "mean" in no_job.what else no_run) from None


def make_trace(context: Context, found: FoundJob) -> Trace:
    """Read what the store has of a Job, and render its manifest from the very task that it has."""
    store, record = context.store, found.record
    stored = _task(store, found)
    own = found.kind != "learner"
    return Trace(
        id=found.id,
        kind=found.kind,
        run=record.run,
        where={name: getattr(record, name) for name in ("dataset", "fingerprint", "ratio", "seed", "split_seed", "profile")},
        members=tuple(member.id for member in record.members) if own else (),
        result=read_result(store, found.kind, found.id),
        task=json.loads(stored) if stored else None,
        manifest=_manifest(context, record, stored) if stored else None,
        log=stored_log(store, found),
    )


def to_text(found: Trace) -> str:
    """A trace for a person: numbers first, then one section each for task, manifest and log."""
    place = ", ".join(f"{name.replace('_', ' ')} {'full' if value is None else value}" for name, value in found.where.items())
    parts = [f"{found.id}\n{found.kind} of {found.run}: {place}", _numbers(found.result)]
    if found.members:
        parts.append("\n".join(["Learners:", *_members(found)]))
    parts.append(_section("Task", layout.task(found.kind, found.id), json.dumps(found.task, indent=2) if found.task else ""))
    parts.append(_section("Job manifest", "as rendered from the task", to_yaml([found.manifest]) if found.manifest else ""))
    parts.append(_section("Log", found.result.key("log.txt") if found.result else "of the latest attempt", found.log or ""))
    return "\n\n".join(parts)


def _members(found: Trace) -> list[str]:
    """How to go on from here to each learner, with its own counts where the result has them."""
    own = {each["id"]: each for each in (found.result.metrics.get("members", ()) if found.result else ())}
    counts = {id: f"  {own[id]['correct']} of {own[id]['n']} right" if id in own else "" for id in found.members}
    return [f"  ltk8s trace {id}{counts[id]}" for id in found.members]


def _task(store: Store, found: FoundJob) -> bytes | None:
    try:
        return store.get(layout.task(found.kind, found.id))
    except NotFound:
        return None


def _manifest(context: Context, record: RunRecord, stored: bytes) -> Manifest | None:
    """The Job as this run submitted it, or None where its task is of a version that this one cannot read."""
    try:
        task = parse_task(stored)
    except TaskError:
        return None
    settings = context.settings.model_copy(update={"image": context.settings.image.model_copy(update={"name": record.image})})
    resources, from_pods = Experiment.model_validate(record.spec).resources, not context.on_this_machine
    if isinstance(task, LearnerTask):
        return render_learner(task, record.run, resources, settings, from_pods=from_pods)
    return render_held(task, record.run, resources, settings, from_pods=from_pods)


def _numbers(result: Result | None) -> str:
    if result is None:
        return "Not committed: there is no number of it."
    provenance = [f"{name} {value}" for name in SAID if (value := _plain(result.provenance.get(name))) is not None]
    return "\n".join([*_counts(result.metrics), f"Committed {shown(result.created)}: {', '.join(provenance)}."])


def _counts(metrics: dict[str, Any]) -> list[str]:
    """A predictor's exact counts, or a ranking's choice."""
    from ltk8s.metrics import GROUPS

    if "correct" in metrics:
        shown = {name: metrics["groups"][name] for name in GROUPS if metrics["groups"][name]["n"]}
        groups = ", ".join(f"{name} {group['correct']}/{group['n']}" for name, group in shown.items())
        return [
            f"{metrics['correct']} of {metrics['n']} right: accuracy {metrics['accuracy']:.4f}, "
            f"balanced {metrics['balanced_accuracy']:.4f} ({groups})."
        ]
    if "points" in metrics:
        lines = [
            f"  {p['label']}: {p['correct']} of {p['n']}, balanced {p['balanced_accuracy']:.4f}" for p in metrics["points"]
        ]
        return [str(metrics["reason"]), *lines]
    return []


def _plain(value: Any) -> Any:
    return round(value) if isinstance(value, float) else value


def _section(title: str, where: str, text: str) -> str:
    return f"--- {title} ({where})\n{text.rstrip() or 'There is none.'}"
