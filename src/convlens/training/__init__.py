"""Training: from a network and pictures to weights, as a stream of events."""
