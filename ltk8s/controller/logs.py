"""Logs as one JSON object a line: time, level, message, and what else a record says of the Job that it is about."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from ltk8s.redaction import redacted

_USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given as ``extra``."""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": redacted(record.getMessage()),
            "logger": record.name,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json(stream: TextIO = sys.stdout) -> None:
    """Send all that is logged there: what ltk8s says, and the warnings of the libraries that it uses."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger("ltk8s").handlers.clear()  # the lines for people that every command begins with
    logging.getLogger("ltk8s").setLevel(logging.INFO)
    logging.getLogger().handlers[:] = [handler]
    # A connection that is lost is told here once, by the part that uses it; urllib3 would tell it for each.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
