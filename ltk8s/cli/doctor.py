"""``ltk8s doctor``: try everything that a run needs, and say what to do about what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from rich.text import Text

from ltk8s.cli.checks import CHECKS
from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.cli.findings import Finding, failed
from ltk8s.cli.show import counted
from ltk8s.errors import LtkError
from ltk8s.redaction import redacted

app = new_app()

STYLES = {"ok": "green", "note": "yellow", "failed": "red"}


@app.command()
@command
def doctor(context: Context) -> None:
    """Check this machine, the store and the cluster.

    Exit 1 when a check fails. To see whether the store can be written, a small object is put there and removed again.

    \b
    ltk8s doctor
    ltk8s doctor --store s3://bucket/prefix --json
    """
    findings = []
    for finding in examine(context):
        findings.append(finding)
        if not context.json:
            show(context, finding)
    failures = sum(finding.outcome == "failed" for finding in findings)
    verdict = f"{counted(failures, 'check')} failed." if failures else "All is well."
    context.emit({"findings": findings}, lambda: context.console.print(verdict))
    if failures:
        raise typer.Exit(FAILED)


def examine(context: Context) -> Iterator[Finding]:
    """What each check finds, as it does; a check is left out when one that it needs has failed."""
    broken: set[str] = set()
    for name, (check, needs) in CHECKS.items():
        if broken & set(needs):
            broken.add(name)
            continue
        try:
            finding = check(context)
        except LtkError as error:
            broken.add(name)
            finding = failed(redacted(error.what), redacted(error.do))
        if finding:
            yield finding.named(name)


def show(context: Context, finding: Finding) -> None:
    mark = Text(f"{finding.outcome:7}", style=STYLES[finding.outcome])
    context.console.print(Text.assemble(mark, f" {finding.check:10} {finding.what}"))
    if finding.do:
        context.console.print(f"{'':18} {finding.do}")
