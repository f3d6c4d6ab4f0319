"""`python -m tests.e2e.cluster build | up | images | status | down`: the tests' cluster by hand."""

from __future__ import annotations

import argparse
import json
import sys

from tests.e2e.cluster import layout, processes
from tests.e2e.cluster.down import down
from tests.e2e.cluster.machine import Unfit
from tests.e2e.cluster.up import build_ahead, is_up, load_images, references, up


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.cluster", description="The tests' cluster.")
    actions = {"build": build_ahead, "up": _up, "images": _images, "status": _status, "down": down}
    parser.add_argument("action", choices=actions)
    try:
        actions[parser.parse_args().action]()
    except (Unfit, RuntimeError) as error:
        sys.exit(str(error))


def _up() -> None:
    up()
    _images()


def _images() -> None:
    print(json.dumps(load_images(), indent=2))
    print(f"export KUBECONFIG={layout.KUBECONFIG}")


def _status() -> None:
    for name in processes.names():
        print(f"{name:20} {processes.running(name) or 'ended'}")
    print(json.dumps(references(), indent=2) if is_up() else "The cluster is not up.")


if __name__ == "__main__":
    main()
