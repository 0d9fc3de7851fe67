"""Classifiers with random weights, for any test of the lens that wants one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from convlens import Architecture, Classifier
from convlens.data import Preprocessing
from convlens.modelfile import Model, plan_of, tensor_shapes
from convlens.notation import Volume
from tests.notation.strategies import architectures_on_inputs

pictures_sizes = st.builds(
    Volume, st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3, 3])
)
"""Inputs that pictures can be."""


def random_classifier(architecture, volume, classes, seed=0):
    """Weights that keep values about as large as they come; statistics unlike those of a batch."""
    random = np.random.default_rng(seed)
    depth = volume[2]
    mean, std = random.uniform(0.3, 0.6, depth), random.uniform(0.2, 0.3, depth)
    preprocessing = Preprocessing(volume[0], volume[1], depth, "stretch", tuple(mean), tuple(std))
    names = tuple(f"class{number}" for number in range(classes))
    weights = {}
    for name, shape in tensor_shapes(plan_of(architecture, preprocessing, names)).items():
        values = random.normal(size=shape)
        if len(shape) > 1:
            values *= math.sqrt(2 / math.prod(shape[1:]))
        if name.endswith("running_var"):
            values = random.uniform(0.3, 2.0, shape)
        weights[name] = values.astype(np.float32)
    return Classifier(Model(architecture, names, preprocessing, weights, 1.7, {}))


def classifier_of(text, size=(12, 10, 3), classes=4, seed=0):
    """A random classifier on pictures of ``size``, (width, height, depth)."""
    return random_classifier(Architecture(text), Volume(*size), classes, seed)


def picture_for(classifier, seed=0):
    """Noise of the classifier's own size."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, classifier.preprocessing.geometry.shape, dtype=np.uint8)


@st.composite
def classifiers(draw, most=7):
    """A random network on pictures, with random weights."""
    architecture, volume, classes = draw(architectures_on_inputs(most, pictures_sizes))
    return random_classifier(architecture, volume, classes, draw(st.integers(0, 2**16)))


def draw_place(draw, classifier):
    """A layer's row of the classifier, and a channel, x, y in its output, by a test's ``draw``."""
    rows = [row for _, row in classifier.model.plan().walk()]
    row = draw(st.sampled_from(rows))
    width, height, depth = row.output
    limits = (depth, width, height)
    return row, *(draw(st.integers(0, limit - 1)) for limit in limits)


BRANCHED = (
    "INPUT - CONV 8@3x3 - BN - RELU - RES[CONV 8@3x3 - RELU - CONV 8@3x3] - MAXOUT 2 - "
    "CAT[CONV 4@1x1 | POOL 3x3/1 same avg - SIGMOID] - POOL - LRN - FC 6 - TANH - FC"
)
"""Every kind of step in one small network."""
