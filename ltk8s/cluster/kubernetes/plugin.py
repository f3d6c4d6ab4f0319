"""What the official client logs of a kubeconfig's ``exec`` command that fails. It repeats what the command said, which may hold
a token, and then goes on without credentials: here nothing of that is printed, and the failure is an error.
"""

from __future__ import annotations

import logging
from pathlib import Path


class PluginFailure(logging.Filter):
    """Takes the client's records out of the root logger, into which it writes, and keeps the last one's safe beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if Path(record.pathname).parts[-3:] != ("kubernetes", "config", "kube_config.py"):
            return True
        self.said = record.getMessage().partition(". ")[0].partition("\n")[0].removeprefix("exec: ")
        return False

    def take(self) -> str:
        """What was said since the last time, as a clause; empty where nothing was."""
        said, self.said = self.said, ""
        return said


failure = PluginFailure()


def listen() -> PluginFailure:
    """Take the records from now on: credentials are renewed as long as the process lives."""
    logging.getLogger().addFilter(failure)  # which adds it once
    failure.take()
    return failure
