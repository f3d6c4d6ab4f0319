"""The reconciler that runs in the cluster: it releases held Jobs as soon as what they wait for is committed.

It keeps no state of its own. What it holds in memory is a view of the cluster and of the store, built anew at each start, so
any number of it may run, and one that is killed at any moment loses nothing and repeats nothing.

    run.py        puts the parts together and runs them until told to stop
    watches.py    what is watched: Jobs, and pods that have ended well
    view.py       the Jobs as the watches tell them, and who waits for whom
    inbox.py      which ids the store is to be asked about, the urgent ones first
    commits.py    what the store has said is committed
    loop.py       look, confirm, act
    verdicts.py   which held Jobs are blocked, and for how long they must have been before it is said
    events.py     what is said, as Events on the Job
    heartbeat.py  the Lease by which a client sees that a controller runs
    metrics.py    what Prometheus reads
    serving.py    /healthz, /readyz, /metrics
    logs.py       one JSON object a line
"""
