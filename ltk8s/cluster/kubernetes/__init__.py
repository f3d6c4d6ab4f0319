"""The Kubernetes cluster: Jobs are posted, listed, watched and patched as they are, without a model of them in between.

kubeconfig.py   which contexts there are, cheaply
plugin.py       a command that gives the kubeconfig's credentials, and fails
api.py          requests to the API server
refusal.py      what the API server answers, as one sentence of what is wrong and one of what to do
watching.py     any resource, kept in memory and up to date
slim.py         what of a Job is kept so
nodes.py        whether there are GPUs
view.py         the Jobs of ours, watched
admission.py    what must be there before a Job is created
logs.py         the log of a Job's pod
site.py         what an installation keeps for the command line: settings, credentials, a heartbeat
forward.py      a port of this machine that leads to a Service
diagnosis/      why a Job does not move
cluster.py      the Cluster protocol, made of these
"""
