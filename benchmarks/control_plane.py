"""What a cluster sees of ltk8s: submitting against `kubectl apply`, submitting again, how soon a fusion is released, memory.

    python benchmarks/control_plane.py                     its own control plane, with fake nodes
    python benchmarks/control_plane.py --kubeconfig FILE   a cluster with kwok's fake nodes and room for 4,000 pods
    python benchmarks/control_plane.py --only release --json

Everything is real but the pods: API server, controllers and scheduler of Kubernetes, MinIO, `ltk8s controller` as a process of
its own. The benchmark plays the learners: it commits to the store, then marks the pod as ended.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import fake_cluster
import workload
from fake_cluster import kubectl

Row = tuple[str, str, str]
"""What was measured, the measure, the goal."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kubeconfig", type=Path, default=os.environ.get("KUBECONFIG"))
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; all by default")
    parser.add_argument("--points", type=int, default=1000, help="of the sweep that is submitted")
    parser.add_argument("--rounds", type=int, default=3, help="in which it is submitted in both ways")
    parser.add_argument("--fusions", type=int, default=200)
    parser.add_argument("--jobs", type=int, nargs="+", default=[100, 1000, 5000], help="at which memory is measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything that was started ends
    results: dict[str, Any] = {"cpus": os.cpu_count()}
    with ExitStack() as stack:
        address = stack.enter_context(fake_cluster.minio())
        config = Path(arguments.kubeconfig or stack.enter_context(fake_cluster.fake_cluster())).absolute()
        os.environ["KUBECONFIG"] = str(config)
        results["server"] = json.loads(kubectl(config, "version", "-o", "json"))["serverVersion"]["gitVersion"]
        for name in arguments.only or PARTS:
            measured, rows = PARTS[name](config, address, arguments)
            results[name] = measured
            for row in [] if arguments.json else rows:
                print("{:58} {:>16} {:>12}".format(*row), flush=True)
    if arguments.json:
        print(json.dumps(results, indent=2))


def measure_submit(config: Path, address: str, arguments: argparse.Namespace) -> tuple[dict[str, Any], list[Row]]:
    """Alternately, each in a fresh namespace. Ours includes starting Python, planning and rendering; kubectl gets YAML."""
    ours, theirs, again = [], [], []
    writes: dict[str, int] = {}
    for number in range(arguments.rounds):
        store = workload.prefixed(address, f"round-{number}")

        def submitted(number: int = number, store: str = store) -> None:
            with namespace(config, f"submitted-{number}") as name:
                ours.append(submit(store, name, arguments.points))
                settle(config, name, arguments.points)
                before = written(config)
                again.append(submit(store, name, arguments.points))
                for verb, count in written(config).items():
                    writes[verb] = writes.get(verb, 0) + count - before.get(verb, 0)

        def applied(number: int = number, store: str = store) -> None:
            with namespace(config, f"applied-{number}") as name:
                manifests = workload.manifests_of([workload.sweep(arguments.points)], store, name)
                theirs.append(timed(lambda: kubectl(config, "apply", "-f", "-", input=manifests)))
                settle(config, name, arguments.points)

        for way in (submitted, applied) if number % 2 == 0 else (applied, submitted):
            way()
    ratio = statistics.median(ours) / statistics.median(theirs)
    measured = {"ours": ours, "kubectl": theirs, "ratio": ratio, "again": again, "writes_again": writes}
    what = f"{arguments.points + 1:,} Jobs"
    return measured, [
        (f"submit {what}", f"{statistics.median(ours):.2f} s", ""),
        (f"kubectl apply {what}", f"{statistics.median(theirs):.2f} s", ""),
        ("submit ÷ kubectl apply", f"{ratio:.2f}", "≤ 0.33"),
        ("submit again, unchanged", f"{statistics.median(again):.2f} s", "≤ 3 s"),
        ("writes to Jobs in it", str(sum(writes.values())), "0"),
    ]


def measure_release(config: Path, address: str, arguments: argparse.Namespace) -> tuple[dict[str, Any], list[Row]]:
    """From the return of a fusion's last commit to the moment when a watch of ours sees the Job released."""
    store = workload.prefixed(address, "release")
    with namespace(config, "release") as name, controller(store, name, config):
        seconds = workload.play(workload.runs(arguments.fusions), store, name, config)
    p50, p99 = (statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] for percent in (50, 99))
    measured = {"fusions": len(seconds), "p50": p50, "p99": p99, "worst": max(seconds)}
    what = f"last commit → released, {len(seconds)} fusions"
    return measured, [(f"{what}, p50", f"{p50:.3f} s", ""), (f"{what}, p99", f"{p99:.3f} s", "≤ 1 s")]


def measure_memory(config: Path, address: str, arguments: argparse.Namespace) -> tuple[dict[str, Any], list[Row]]:
    """Of a controller that has just listed them all, which is when it needs most, and that has looked at the store for each."""
    measured: dict[str, Any] = {}
    rows: list[Row] = []
    store = workload.prefixed(address, "memory")
    with namespace(config, "memory") as name:
        there = 0
        for jobs in sorted(arguments.jobs):
            workload.submit_all(workload.runs(jobs // 4)[there:], store, name)
            there = jobs // 4
            with controller(store, name, config) as pid:
                time.sleep(20)
                now, peak = memory(pid)
            measured[str(there * 4)] = {"rss": now, "peak": peak}
            rows.append((f"controller, {there * 4:,} Jobs: memory (peak)", f"{now:.0f} ({peak:.0f}) MiB", "< 250 MiB"))
    return measured, rows


PARTS: dict[str, Callable[[Path, str, argparse.Namespace], tuple[dict[str, Any], list[Row]]]] = {
    "submit": measure_submit,
    "release": measure_release,
    "memory": measure_memory,
}


@contextmanager
def namespace(config: Path, name: str) -> Iterator[str]:
    """A namespace that is gone, with all that is in it, before anything else is measured."""
    full = f"ltk8s-bench-{name}"
    kubectl(config, "create", "namespace", full)
    try:
        yield full
    finally:
        kubectl(config, "-n", full, "delete", "jobs", "--all", "--cascade=foreground", "--wait=false")
        kubectl(config, "delete", "namespace", full)


@contextmanager
def controller(store: str, namespace: str, config: Path) -> Iterator[int]:
    """A controller that has seen all Jobs; yields its process."""
    port = fake_cluster.free_port()
    command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", "controller", "--port", str(port)]
    environment = {**os.environ, **workload.environment(store, namespace), "KUBECONFIG": str(config)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while not fake_cluster.answers(f"http://127.0.0.1:{port}/readyz"):
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("The controller did not start.")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()


def submit(store: str, namespace: str, points: int) -> float:
    """A process of its own, as the command is."""
    command = [sys.executable, str(Path(__file__).with_name("workload.py")), store, namespace, str(points)]
    return timed(lambda: subprocess.run(command, check=True))


def settle(config: Path, namespace: str, pods: int) -> None:
    """Wait until every learner runs, so that nothing of it is left to be done when the next is measured."""
    until = time.monotonic() + 600
    while (
        kubectl(
            config, "-n", namespace, "get", "pods", "--no-headers", "-o", "name", "--field-selector=status.phase=Running"
        ).count("\n")
        < pods
    ):
        if time.monotonic() > until:
            raise SystemExit(f"The pods of {namespace} do not all run: are there fake nodes with room for {pods}?")
        time.sleep(1)


def written(config: Path) -> dict[str, int]:
    """How many writes to Jobs the API server has counted, by verb; those to their status are Kubernetes' own."""
    counts: dict[str, int] = {}
    for line in kubectl(config, "get", "--raw", "/metrics").splitlines():
        if line.startswith("apiserver_request_total{") and 'resource="jobs"' in line and 'subresource=""' in line:
            verb = line.partition('verb="')[2].partition('"')[0]
            if verb in {"POST", "PATCH", "APPLY", "PUT", "DELETE"}:
                counts[verb] = counts.get(verb, 0) + int(float(line.rpartition(" ")[2]))
    return counts


def memory(pid: int) -> tuple[float, float]:
    """What a process occupies now, and did at most, in MiB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
