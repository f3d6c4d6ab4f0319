"""What the loop does with a run, from its Jobs and commits alone."""

from collections import Counter
from typing import Any

import pytest

from ltk8s.cli.controller import impatient
from ltk8s.cluster import names
from ltk8s.controller.health import StoreHealth
from ltk8s.errors import CredentialRefused, StoreAway
from ltk8s.store import layout
from ltk8s.store.commit import set_aside


def test_a_fusion_is_released_when_its_last_learner_is_committed(controller, run, commit):
    fusion, learners = run
    for id in learners[:-1]:
        commit(id)
    controller.see()
    controller.loop.look(learners)
    assert controller.phases()[fusion] == "held"

    commit(learners[-1])
    controller.loop.look([learners[-1]])
    assert controller.phases()[fusion] == "pending"


def test_a_ranking_is_released_when_the_learners_of_all_its_folds_are_committed(controller, manifests, cluster, commit):
    ranking, *learners = [cluster.create(manifest).name for manifest in manifests("loss-sweep")]
    for id in learners[:-1]:
        commit(id)
    controller.see()
    controller.loop.look(learners)
    assert controller.phases()[ranking] == "held"

    commit(learners[-1])
    controller.loop.look([learners[-1]])
    assert controller.phases()[ranking] == "pending"


def test_it_is_released_whether_or_not_its_learners_still_have_jobs(controller, run, commit, cluster):
    fusion, learners = run
    for id in learners:
        commit(id)
        cluster.delete(id, uid=cluster.get(id).uid)
    controller.see()
    controller.loop.look(learners[:1])
    assert controller.phases() == {fusion: "pending"}


def test_a_release_is_made_and_said_once(controller, run, commit, pool):
    fusion, learners = run
    for id in learners:
        commit(id)
    controller.see()
    for id in learners:
        controller.loop.look([id])
    pool.shutdown()
    assert controller.notebook.reasons == [(fusion, "Released")]
    assert controller.metric("ltk8s_releases_total") == 1
    assert controller.metric("ltk8s_release_seconds_count") == 1


def test_of_two_controllers_one_releases(controller, make, run, commit, cluster, store, pool):
    other = make(cluster, store, pool)
    _, learners = run
    for id in learners:
        commit(id)
    controller.see()
    other.see()
    controller.loop.look(learners)
    other.loop.look(learners)
    assert [each.metric("ltk8s_releases_total") for each in (controller, other)] == [1, 0]


def test_a_commit_that_was_set_aside_since_it_was_seen_releases_nothing(controller, run, commit, store):
    fusion, learners = run
    for id in learners[:-1]:
        commit(id)
    controller.see()
    controller.loop.look(learners)
    set_aside(store, "learner", learners[0], "a flipped byte")
    commit(learners[-1])
    controller.loop.look([learners[-1]])
    assert controller.phases()[fusion] == "held"


def test_a_learner_that_failed_blocks_at_once(controller, run, ended, pool):
    fusion, learners = run
    ended(learners[0], "Failed")
    controller.see()
    controller.loop.look([learners[0]])
    pool.shutdown()
    assert controller.notebook.reasons == [(fusion, "PredecessorFailed")]
    assert controller.notebook.said[0][1].message.startswith(f"{learners[0]} failed. ")
    assert controller.metric("ltk8s_blocked_jobs") == 1


def test_a_learner_that_failed_after_another_had_committed_blocks_nothing(controller, run, ended, commit, pool):
    _, learners = run
    controller.see()
    controller.loop.look(learners)
    commit(learners[0])  # by an attempt of another Job
    ended(learners[0], "Failed")
    controller.see()
    controller.loop.look([learners[1]])  # which is not the one that failed
    pool.shutdown()
    assert controller.notebook.reasons == []


def test_a_learner_without_job_and_commit_blocks_when_that_has_lasted(controller, manifests, cluster, pool):
    fusion = cluster.create(manifests()[0]).name
    controller.see()
    awaited = controller.view.awaited()
    controller.loop.look(awaited)
    assert controller.metric("ltk8s_blocked_jobs") == 0
    controller.clock.seconds += 61
    controller.loop.look(awaited)
    pool.shutdown()
    assert controller.notebook.reasons == [(fusion, "PredecessorMissing")]


def test_what_was_said_is_not_said_again(controller, run, ended, pool):
    fusion, learners = run
    ended(learners[0], "Failed")
    controller.see()
    controller.loop.look([learners[0]])
    pool.submit(lambda: None).result()
    controller.loop.look([learners[0]])
    pool.shutdown()
    assert Counter(controller.notebook.reasons) == {(fusion, "PredecessorFailed"): 1}


@pytest.fixture
def outage(own_minio: Any) -> Any:
    """A store in a MinIO server that the test may stop, asked as the controller asks."""
    return own_minio, impatient(own_minio.address())


def test_a_store_that_does_not_answer_loses_nothing_and_is_told_once(outage, make, cluster, manifests, pool, caplog):
    minio, store = outage
    fusion, *learners = manifests()
    fusion["metadata"]["annotations"][names.STORE] = store.url
    controller, ids = make(cluster, store, pool), [each["metadata"]["name"] for each in learners]
    name = cluster.create(fusion).name
    controller.see()
    for id in ids:
        store.put(layout.result("learner", id), b"{}")
    minio.stop()
    controller.inbox.urgent(ids)
    with caplog.at_level("INFO", "ltk8s.controller"):
        pauses = [controller.loop.turn() for _ in range(8)]
        assert (pauses[0] < 1, pauses[-1], controller.phases()[name]) == (True, 5, "held")
        assert controller.metric("ltk8s_store_up") == 0
        minio.start()
        assert 0 in (controller.loop.turn() for _ in range(100))  # the first answers of a server that has just started are slow
    assert (controller.phases()[name], controller.metric("ltk8s_store_up")) == ("pending", 1)
    told = [
        (record.levelname, record.message)
        for record in caplog.records
        if "store" in record.message or "answer" in record.message
    ]
    assert [level for level, _ in told] == ["WARNING", "INFO"]


def test_only_what_concerns_an_id_is_asked_of_the_store(controller, manifests, cluster, commit, store):
    runs = [[cluster.create(manifest).name for manifest in manifests(train__epochs=epochs)] for epochs in range(2, 8)]
    controller.see()
    _, *learners = runs[0]
    for id in learners:
        commit(id)
    controller.loop.look(learners)
    assert controller.commits.known == set(learners)
    assert Counter(controller.phases()[fusion] for fusion, *_ in runs) == {"pending": 1, "held": 5}


def test_an_unexpected_error_is_told_and_ends_nothing(controller, run, caplog):
    _, learners = run
    controller.see()
    controller.commits.ask = None  # a defect
    controller.inbox.urgent(learners)
    assert controller.loop.turn() == 0
    assert "something unexpected" in caplog.text
    controller.clock.seconds += 60
    assert controller.inbox.take(10) == set(learners)


def test_a_credential_that_stays_refused_ends_the_loop_and_is_told_meanwhile(outage, make, cluster, manifests, pool):
    minio, store = outage
    controller, (fusion, *learners) = make(cluster, store, pool), manifests()
    fusion["metadata"]["annotations"][names.STORE] = store.url
    cluster.create(fusion)
    controller.see()
    store.put("a", b"")  # opened with the credential that it will keep
    minio.stop()
    minio.credentials = {"AWS_ACCESS_KEY_ID": "another", "AWS_SECRET_ACCESS_KEY": "credential"}
    minio.start()
    health = controller.loop.store = StoreHealth(controller.metrics, clock=controller.clock)
    assert health.trouble is None
    controller.inbox.urgent([each["metadata"]["name"] for each in learners])
    controller.loop.turn()
    assert "does not accept the credential" in health.trouble
    assert health.refusal() == health.trouble
    controller.clock.seconds += 19
    controller.loop.turn()
    controller.clock.seconds += 1
    with pytest.raises(CredentialRefused, match="InvalidAccessKeyId"):
        controller.loop.turn()


def test_a_credential_that_is_accepted_again_in_time_ends_nothing(make, cluster, store, pool):
    controller = make(cluster, store, pool)
    health = StoreHealth(controller.metrics, clock=controller.clock)
    for _ in range(5):
        health.failed(CredentialRefused("It does not accept the credential."))
        health.answers()
        controller.clock.seconds += 19
    assert (health.trouble, health.refusal()) == ("", "")


def test_a_store_that_is_away_for_however_long_ends_nothing(make, cluster, store, pool):
    controller = make(cluster, store, pool)
    health = StoreHealth(controller.metrics, clock=controller.clock)
    for _ in range(5):
        assert health.failed(StoreAway("It does not answer.")) > 0
        controller.clock.seconds += 100
    assert (health.trouble, health.refusal()) == ("It does not answer.", "")
