"""What the shell may complete. A completion is silent: whatever goes wrong, it has nothing to offer."""

from __future__ import annotations

from collections.abc import Callable


def experiments(incomplete: str) -> list[str]:
    from ltk8s.spec.library import Library

    return _matching(incomplete, lambda: Library().names())


def profiles(incomplete: str) -> list[str]:
    from ltk8s.spec.library import Library

    return _matching(incomplete, lambda: Library().profiles())


def architectures(incomplete: str) -> list[str]:
    from ltk8s.spec.architectures import KNOWN

    return _matching(incomplete, lambda: list(KNOWN))


def runs(incomplete: str) -> list[str]:
    """Names of runs in the store of the settings (``--store`` on the same line is not seen)."""
    from ltk8s.cli.common import Context
    from ltk8s.store.runs import read_runs

    return _matching(incomplete, lambda: [record.run for record in read_runs(Context().store)])


def _matching(incomplete: str, names: Callable[[], list[str]]) -> list[str]:
    try:
        return [name for name in names() if name.startswith(incomplete)]
    except Exception:
        return []
