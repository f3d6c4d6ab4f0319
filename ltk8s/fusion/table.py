"""A fusion's results table: its members and itself, as JSON, CSV and Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ltk8s.metrics import GROUPS
from ltk8s.network.table import Row


def rows(members: Sequence[dict[str, Any]], fusion: dict[str, Any], rule: str) -> list[Row]:
    """One row a member, then the fusion's; from their metrics."""
    return [_row(member["id"], member["arch"], member) for member in members] + [_row("fusion", rule, fusion)]


def _row(name: str, network: str, metrics: dict[str, Any]) -> Row:
    low, high = metrics["interval"]
    groups = {name: metrics["groups"][name] for name in GROUPS}
    return {
        "name": name,
        "network": network,
        "correct": metrics["correct"],
        "n": metrics["n"],
        "accuracy": metrics["accuracy"],
        "interval_low": low,
        "interval_high": high,
        "balanced_accuracy": metrics["balanced_accuracy"],
        **{group: counts["correct"] / counts["n"] if counts["n"] else None for group, counts in groups.items()},
        "parameters": metrics["parameters"],
        "device_seconds": metrics["device_seconds"],
    }


def to_json(table: Sequence[Row]) -> bytes:
    return (json.dumps(list(table), indent=2) + "\n").encode()


def text(value: Any) -> str:
    """One value as Markdown shows it."""
    if value is None:
        return "–"
    return (
        f"{value:.4f}"
        if isinstance(value, float) and value <= 1
        else f"{value:.0f}"
        if isinstance(value, float)
        else str(value)
    )
