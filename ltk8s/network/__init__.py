"""What training and fusion share: building a network, preparing its input, predicting with it, and the worker's context."""
