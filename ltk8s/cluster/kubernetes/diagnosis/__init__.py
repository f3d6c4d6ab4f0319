"""Why a Job does not move, or has failed: Job, pods, containers, events, quotas and Kueue merged into one true sentence.

words.py        moments, lists, other people's messages
facts.py        what is read, once and only if it is needed
jobs.py         the sentence itself
pods.py         a pod that is there and does no work
scheduling.py   no node takes it
images.py       its image cannot be had
ended.py        how one has ended
creation.py     why there is none: quota, Pod Security, …
kueue.py        why Kueue does not start the Job
service.py      why nobody serves an endpoint

Sentences begin small and have no full stop, so that they can be joined. One with ``exit code`` in it leaves the reason to the
worker's own last words, which are in the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import Api
from ltk8s.cluster.kubernetes.diagnosis.facts import LiveFacts
from ltk8s.cluster.kubernetes.diagnosis.jobs import sentence
from ltk8s.cluster.kubernetes.diagnosis.service import unready

__all__ = ["Diagnosis", "diagnose", "unready"]


class Diagnosis:
    """What the cluster knows of some Jobs, from a handful of requests however many they are.

    Raises:
        ApiError: if the cluster does not answer. What may not be read is left out of the sentence.
    """

    def __init__(self, api: Api, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._facts = LiveFacts(api, jobs)

    def sentences(self) -> dict[str, str]:
        """The sentence of each Job of which there is something to say, by name."""
        said = {job.name: sentence(job, self._facts) for job in self._jobs}
        return {name: words for name, words in said.items() if words}


def diagnose(job: Job, api: Api) -> str:
    """Why this Job is not moving, or has failed; empty where there is nothing to say."""
    return Diagnosis(api, [job]).sentences().get(job.name, "")
