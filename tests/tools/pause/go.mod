module ltk8s.test/pause

go 1.24.0
