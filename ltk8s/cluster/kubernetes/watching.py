"""Any resource, kept in memory: listed once, then watched, by a thread that starts again for as long as it is wanted."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from threading import Condition, Event, Thread
from typing import Any

from ltk8s.cluster.kubernetes.api import Api, ApiError, Stream

Object = dict[str, Any]

OnEvent = Callable[[str, Object], None]
"""Called with ADDED, MODIFIED or DELETED and the object, by the watch's thread."""

SILENCE_SECONDS = 100.0
"""The API server sends a bookmark each minute: where nothing came for as long, the connection is dead."""

SESSION_SECONDS = (240, 300)
"""How long one watch is asked for; at random, so that many clients do not all come back at once."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0
"""Seconds before the next connection; doubled after each that did not last."""

LASTING_SECONDS = 10.0

log = logging.getLogger(__name__)


class Watch:
    """The objects of one resource, as far as the selectors match and they are ``wanted``, each as ``slim`` leaves it.

    Nothing that the API server does ends it: after a lost connection it goes on where it was, and where that is too long ago
    (410 Gone) it lists anew and tells what has changed meanwhile.

    Attributes:
        synced: set once the first listing is complete.
        trouble: why nothing is seen at the moment; None when all is well.
        changed: notified at each event; ``version`` counts them.
        restarts: how often the connection was begun anew.
    """

    def __init__(
        self,
        api: Api,
        path: str,
        *,
        label_selector: str = "",
        field_selector: str = "",
        wanted: Callable[[Object], bool] = lambda found: True,
        slim: Callable[[Object], Object] = lambda found: found,
        limit: int = 500,
        on_event: OnEvent | None = None,
    ) -> None:
        self._api = api
        self._path = path
        self._selectors = {"labelSelector": label_selector or None, "fieldSelector": field_selector or None}
        self._wanted = wanted
        self._slim = slim
        self._limit = limit
        self.on_event = on_event
        self.synced = Event()
        self.trouble: ApiError | None = None
        self.changed = Condition()
        self.version = 0
        self.restarts = 0
        self._objects: dict[str, Object] = {}
        self._seen = ""
        self._stop = Event()
        self._stream: Stream | None = None
        self._thread = Thread(target=self._run, name=f"watch {path.rpartition('/')[2]}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop watching; what was seen stays."""
        self._stop.set()
        if self._stream:
            self._stream.close()

    def objects(self) -> list[Object]:
        """What there is, as last seen."""
        with self.changed:
            return list(self._objects.values())

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if not self._seen:
                    self._list()
                self._follow()
            except ApiError as error:
                if error.status == 410:
                    self._seen = ""
                else:
                    self._note(error)
            except Exception:  # of a callback, or of an answer that is none: tell it, and do not die of it
                log.exception("the watch of %s begins anew", self._path)
                self._seen = ""
            if self._stop.wait(pause):
                return
            self.restarts += 1
            pause = FIRST_PAUSE if time.monotonic() - began > LASTING_SECONDS else min(2 * pause, LONGEST_PAUSE)

    def _list(self) -> None:
        """Take the place of what was known by what there is, page by page, and tell the differences."""
        found: dict[str, Object] = {}
        token = None
        while True:
            page = self._api.get(self._path, **self._selectors, limit=self._limit, **{"continue": token})
            found |= {_key(each): self._slim(each) for each in page.get("items") or [] if self._wanted(each)}
            token = page["metadata"].get("continue")
            if not token:
                break
        self._replace(found)
        self._seen = str(page["metadata"]["resourceVersion"])
        self._note(None)
        self.synced.set()

    def _replace(self, found: dict[str, Object]) -> None:
        before = dict(self._objects)
        for key, known in before.items():
            if key not in found:
                self._take("DELETED", key, known)
        for key, each in found.items():
            if key not in before:
                self._take("ADDED", key, each)
            elif _version(before[key]) != _version(each):
                self._take("MODIFIED", key, each)

    def _follow(self) -> None:
        """Take in events until the connection ends, as it does now and then: that is no trouble unless there is no other."""
        stream = self._api.open(
            self._path,
            **self._selectors,
            watch=True,
            resourceVersion=self._seen,
            allowWatchBookmarks=True,
            timeoutSeconds=random.randint(*SESSION_SECONDS),
            read_seconds=SILENCE_SECONDS,
        )
        self._note(None)
        self._stream = stream
        with stream:
            try:
                for line in stream:
                    if self._stop.is_set():
                        return
                    event = json.loads(line)
                    self._handle(event["type"], event["object"])
            except ApiError as error:
                if error.status:
                    raise
                log.debug("%s", error)

    def _handle(self, kind: str, found: Object) -> None:
        if kind == "ERROR":
            what = f"The watch of {self._path} ended: {found.get('message', '')}"
            raise ApiError(what, "", status=int(found.get("code") or 0), reason=str(found.get("reason") or ""))
        if kind != "BOOKMARK" and self._wanted(found):
            self._take(kind, _key(found), self._slim(found))
        elif kind != "BOOKMARK" and _key(found) in self._objects:  # it was wanted before
            self._take("DELETED", _key(found), self._slim(found))
        self._seen = _version(found)

    def _take(self, kind: str, key: str, found: Object) -> None:
        with self.changed:
            if kind == "DELETED":
                self._objects.pop(key, None)
            else:
                self._objects[key] = found
        if self.on_event:
            self.on_event(kind, found)
        self._tell()

    def _note(self, trouble: ApiError | None) -> None:
        before, self.trouble = self.trouble, trouble
        if str(before) != str(trouble):
            self._tell()

    def _tell(self) -> None:
        with self.changed:
            self.version += 1
            self.changed.notify_all()


def _key(found: Object) -> str:
    """An object that was made anew under the same name is another one."""
    return str(found["metadata"]["uid"])


def _version(found: Object) -> str:
    return str(found["metadata"]["resourceVersion"])
