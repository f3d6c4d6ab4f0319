"""Which figures a study has, from what it holds. Each is drawn by its own file in ltk8s/report/figures."""
