"""Health and metrics over real HTTP."""

import urllib.error
import urllib.request

from ltk8s.controller.metrics import Metrics
from ltk8s.controller.serving import serving
from ltk8s.controller.view import View


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_check_answers_200_until_something_is_wrong():
    wrong = [""]
    with serving(0, Metrics().registry, {"/healthz": lambda: wrong[0]}) as port:
        assert get(port, "/healthz") == (200, "ok\n")
        wrong[0] = "The loop hangs."
        assert get(port, "/healthz") == (503, "The loop hangs.\n")
        assert get(port, "/other")[0] == 404


def test_the_metrics_have_their_names():
    metrics = Metrics()
    metrics.count(View("s3://a"), lambda: 3, lambda: {"pods": 2})
    with serving(0, metrics.registry, {}) as port:
        status, text = get(port, "/metrics")
    assert status == 200
    for name in (
        'ltk8s_jobs{phase="held"} 0.0',
        "ltk8s_held_jobs 0.0",
        "ltk8s_blocked_jobs 3.0",
        "ltk8s_held_jobs_of_other_stores 0.0",
        "ltk8s_releases_total 0.0",
        "ltk8s_release_seconds_count 0.0",
        'ltk8s_reconcile_errors_total{of="store"} 0.0',
        "ltk8s_store_up 0.0",
        'ltk8s_watch_restarts_total{resource="pods"} 2.0',
        "process_resident_memory_bytes",
    ):
        assert name in text, name
