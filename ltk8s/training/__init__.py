"""One learner, from its task to its committed result."""
