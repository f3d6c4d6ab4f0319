"""What a pod runs: ``python -m ltk8s.worker`` does the task in its environment, and leaves with a code that says how it went.

    0    committed now, or found committed with good hashes
    65   the task or its data is bad          66   a fusion's members are missing or bad
    143  SIGTERM: what is needed to go on is in the store
    1    anything else: infrastructure, worth another try

Imports are inside functions: they take seconds, and SIGTERM is to be heard meanwhile.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ltk8s.network.stopping import EXIT_STOPPED, Stopped, Stopping
from ltk8s.processes import cpus

if TYPE_CHECKING:
    from ltk8s.network.context import WorkContext
    from ltk8s.network.log import CapturedLog
    from ltk8s.planning.task import Task
    from ltk8s.store.base import Store
    from ltk8s.store.commit import Attempt

EXIT_BAD_TASK = 65
EXIT_OTHER = 1

logger = logging.getLogger("ltk8s.worker")


def main() -> int:
    """Do the task that the environment names and return the exit code. Must run in the main thread."""
    stopping = Stopping()
    log = None
    try:
        stopping.install()
        stopping.watch()
        from ltk8s.network.log import CapturedLog

        log = CapturedLog(os.environ)
        log.install()
        return work(os.environ, stopping, log)
    except Stopped:
        return EXIT_STOPPED
    except Exception as error:
        return explain(error)
    finally:
        if log:
            log.finish()


def work(environ: Mapping[str, str], stopping: Stopping, log: CapturedLog) -> int:
    """Read the task, see whether it is done already, and if not make one attempt at it."""
    from ltk8s.store import layout, open_store
    from ltk8s.store.commit import Attempt

    task = read_task(environ)
    store = open_store(required(environ, "LTK8S_STORE"))
    if is_committed(store, task):
        logger.info("%s is committed already.", task.id)
        store.delete(layout.resume(task.id))  # left where its last attempt was killed right after the commit
        return 0
    attempt = Attempt(store, canonical_task(task), task.kind, task.id)
    try:
        make_attempt(task, store, attempt, environ, stopping, log)
    except Stopped:
        logger.info("Stopped by SIGTERM.")
        upload_failure(attempt, log, EXIT_STOPPED, None)
        return EXIT_STOPPED
    except Exception as error:
        code = explain(error)
        upload_failure(attempt, log, code, error)
        return code
    return 0


def read_task(environ: Mapping[str, str]) -> Task:
    """The task in LTK8S_TASK.

    Raises:
        TaskError: if it is no task, not the one that LTK8S_TASK_ID names, or one of another recipe.
    """
    from ltk8s.errors import TaskError
    from ltk8s.planning.task import RECIPE, parse_task

    task = parse_task(required(environ, "LTK8S_TASK"))
    if task.recipe != RECIPE:
        raise TaskError(
            f"The task is of recipe {task.recipe}; this worker follows recipe {RECIPE}.",
            "Submit again with the version of ltk8s that is in the image.",
        )
    named = environ.get("LTK8S_TASK_ID")
    if named and named != task.id:
        raise TaskError(f"The task in LTK8S_TASK is {task.id!r}, not {named!r}.", "Submit again; do not edit a Job's task.")
    return task


def canonical_task(task: Task) -> str:
    from ltk8s.planning.task import canonical_json

    return canonical_json(task)


def is_committed(store: Store, task: Task) -> bool:
    """Whether the task is committed with good hashes; a bad commit is set aside, so that it is made anew."""
    from ltk8s.errors import Corrupt
    from ltk8s.store.commit import read_result, set_aside, verify

    result = None
    try:
        result = read_result(store, task.kind, task.id)
        if result:
            verify(store, result)
    except Corrupt as error:
        logger.warning("The commit is set aside and made anew. %s", error.what)
        set_aside(store, task.kind, task.id, error.what, attempt=result.attempt if result else None)
        return False
    return result is not None


def make_attempt(
    task: Task,
    store: Store,
    attempt: Attempt,
    environ: Mapping[str, str],
    stopping: Stopping,
    log: CapturedLog,
) -> None:
    """Train, fuse or rank, and commit."""
    from ltk8s.network.context import WorkContext
    from ltk8s.store.progress import ProgressReporter

    logger.info("Attempt %s at %s.", attempt.attempt, task.id)
    progress = ProgressReporter(store, task.kind, task.id, attempt.attempt)
    try:
        run(WorkContext(store, task, attempt, progress, stopping, log), environ)
        progress.update(phase="done", eta_seconds=0.0)
    finally:
        progress.close(timeout=1.0)


def run(context: WorkContext, environ: Mapping[str, str]) -> None:
    """Import what computes, and compute."""
    from ltk8s.errors import TaskError
    from ltk8s.planning.task import LearnerTask, RankingTask

    threads = environ.get("LTK8S_THREADS")
    if threads is not None and not (threads.isdigit() and int(threads) > 0):
        raise TaskError(f"LTK8S_THREADS is {threads!r}, not a number of threads.", "Set it to the Job's CPU request.")
    if isinstance(context.task, RankingTask):  # which needs no torch
        from ltk8s.ranking.rank import run as rank

        rank(context.task, context)
        return
    from ltk8s.network.device import keep_freed_memory, require_gpu, set_threads

    if environ.get("LTK8S_GPUS"):
        require_gpu()
    keep_freed_memory()
    set_threads(int(threads) if threads else cpus())
    if isinstance(context.task, LearnerTask):
        from ltk8s.training.learner import run as train

        train(context.task, context)
    else:
        from ltk8s.fusion.fuse import run as fuse

        fuse(context.task, context)


def required(environ: Mapping[str, str], name: str) -> str:
    """An environment variable. Raises TaskError if it is not set."""
    from ltk8s.errors import TaskError

    if not environ.get(name):
        raise TaskError(f"{name} is not set.", "A worker is started by a Job; `ltk8s render` shows one.")
    return environ[name]


def explain(error: Exception) -> int:
    """Log what went wrong and return the exit code that it stands for. A usage error is as final here as a bad task."""
    from ltk8s.errors import LtkError, UsageError

    if isinstance(error, LtkError):
        logger.error("%s", error)
        return EXIT_BAD_TASK if isinstance(error, UsageError) else error.exit_code
    logger.error("This is not foreseen.", exc_info=error)
    return EXIT_OTHER


def upload_failure(attempt: Attempt, log: CapturedLog, code: int, error: Exception | None) -> None:
    """Store the log of an attempt that does not commit, and what ended it; if that fails too, it is only logged."""
    import traceback
    from datetime import UTC, datetime

    import ltk8s
    from ltk8s.errors import LtkError

    failure: dict[str, Any] = {
        "attempt": attempt.attempt,
        "exit": code,
        "error": type(error).__name__ if error else "Stopped",
        "what": error.what if isinstance(error, LtkError) else str(error or "Stopped by SIGTERM."),
        "do": error.do if isinstance(error, LtkError) else "",
        "traceback": "" if error is None or isinstance(error, LtkError) else "".join(traceback.format_exception(error)),
        "version": ltk8s.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    clean = {name: log.redacted(value) if isinstance(value, str) else value for name, value in failure.items()}
    try:
        attempt.put_unlisted("failure.json", json.dumps(clean, indent=1).encode())
        attempt.put_unlisted("log.txt", log())
    except Exception as second:
        logger.warning("The log could not be stored: %s", second)


def leave() -> NoReturn:
    """Do the task and end this process, at once: an orderly shutdown may crash where an import was interrupted."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave()
