"""What "the same" means of numbers that come from networks.

A sum in float32 rounds by the order of its terms, and the order depends on the processor, on
threads, on how many pictures go through at once, and on who adds: torch, numpy, OpenVINO, ONNX
Runtime. What differs in nothing else agrees to the bounds here, which are those that docs/python.md
states; on processors at hand the probabilities of small networks are up to 1e-5 apart.

What goes the same way twice (the same bytes, as many at once, the same engine) is the same to the
bit, and so is what is moved, cut or written and read again: tests of those say ``==``.
"""

import numpy as np

PROBABILITY = 1e-4
"""Between two probabilities of one class, absolute."""

VALUE = 1e-4
"""Between two activations, scores or gradients, as a share of the largest of their array."""


def same_probabilities(found, expected):
    """Assert that probabilities, arrays of one shape, are the same but for rounding."""
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=PROBABILITY)


def same_values(found, expected, share=VALUE):
    """Assert that values of a network, arrays of one shape, are the same but for rounding.

    A share of the largest, since a small value may be what large terms left over.
    """
    found, expected = plain(found), plain(expected)
    largest = float(np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * largest)


def plain(values):
    """Values as a numpy array, torch's too."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
