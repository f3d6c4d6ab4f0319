"""Image files classified with a pulled ensemble, in a process of its own, since the command line never loads torch.

    python -m ltk8s.fusion.classify DIR < paths

reads paths, one JSON string a line, and prints one JSON object for each, in their order: what it is most likely to be, with
probabilities, and how far the members disagree; or why it cannot be decoded.

What needs torch is imported inside functions: the processes that decode many images import this module too.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.decode import Decoded, decode_all
from ltk8s.data.sources.folder import read_file
from ltk8s.errors import LtkError

if TYPE_CHECKING:
    from ltk8s.fusion.ensemble import Ensemble

BATCH = 256
TOP = 5


def classify(
    ensemble: Ensemble, paths: Sequence[str], height: int, width: int, bits: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one answer for each file, in order: ``path`` with ``top`` and ``disagreement``, or with ``error``.

    With ``error``, ``unread`` says whether the file could not even be read; without, ``dark`` says whether it is nearly black.

    Args:
        height, width: of the images that the ensemble was trained on, before each member's own preprocessing. Other images are
            scaled until they fill it, and their centre is cut out, as staging does.
        bits: as those images were staged.
    """
    decoded = zip(paths, decode_all(partial(read_file, Path()), paths, (width, height), bits=bits), strict=True)
    while chunk := list(islice(decoded, BATCH)):
        pixels = [answer.pixels for _, answer in chunk if isinstance(answer, Decoded)]
        answers = _answers(ensemble, np.stack(pixels)) if pixels else iter(())
        for path, answer in chunk:
            if isinstance(answer, Decoded):
                yield {"path": path, **next(answers), "dark": answer.dark}
            else:
                yield {"path": path, "error": answer.why, "unread": answer.error is not None}


def _answers(ensemble: Ensemble, images: NDArray[np.uint8]) -> Iterator[dict[str, Any]]:
    """What there is to say of each image of N×H×W×3."""
    from ltk8s.fusion.measure import disagreement

    logits = ensemble.member_logits(images)
    probabilities = ensemble.fuse(logits).double().exp().numpy()
    votes = logits.argmax(2).numpy()
    for i, row in enumerate(probabilities):
        best = np.argsort(-row, kind="stable")[:TOP]
        yield {
            "top": [{"class": ensemble.classes[c], "probability": float(row[c])} for c in best],
            "disagreement": disagreement(votes[:, i : i + 1]),
        }


def main(directory: str) -> int:
    from ltk8s.fusion.bundle import read_bundle
    from ltk8s.fusion.ensemble import load_ensemble
    from ltk8s.network.device import choose_device, keep_freed_memory

    try:
        image = read_bundle(Path(directory)).dataset
        keep_freed_memory()
        ensemble = load_ensemble(directory).to(choose_device())
        paths = [json.loads(line) for line in sys.stdin]
        for answer in classify(ensemble, paths, image.height, image.width, image.bits):
            print(json.dumps(answer), flush=True)
    except LtkError as error:
        print(json.dumps({"what": error.what, "do": error.do}), file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(130)  # whoever reads has left: nothing is to be flushed to it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
