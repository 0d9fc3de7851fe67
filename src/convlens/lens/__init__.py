"""How a network sees: every number followed back to pixels and weights.

Plain functions from a classifier and a picture to small values, which a report, a page and a
notebook only draw. Layers go by the names that ``convlens net`` prints, or by their paths.

    activations(classifier, picture, gradients_of="cat")     every layer's values and gradients
    explain(classifier, picture, "conv2", channel, x, y)     the arithmetic behind one value
    explain_probabilities(classifier, picture)               scores, temperature, softmax
    filters(classifier, "conv1")                             weights
    exemplars(classifier, pixels)                            what excites each filter most
    preferred_input(classifier, "conv2", channel)            the same, synthesized
    why(classifier, picture)                                 which pixels speak for a class
    examine(classifier, pictures)                            the network's health
    scan(classifier, picture)                                what it sees where in a larger one
    embed(classifier, pictures)                              the map of the data
"""

from convlens.lens.activity import Activations, LayerValues, activations
from convlens.lens.arithmetic import Arithmetic, explain, explain_in
from convlens.lens.attribution import Saliency, why
from convlens.lens.deletion import Deletion
from convlens.lens.distributions import Distribution, LayerHealth
from convlens.lens.embedding import Embedding, embed
from convlens.lens.exciting import Exemplar, Exemplars, exemplars
from convlens.lens.fields import Box, receptive_field
from convlens.lens.following import Step
from convlens.lens.health import Health, Overfit, examine
from convlens.lens.methods import Method
from convlens.lens.opened import LayerInfo, Opened, layer_of, layers, open_network
from convlens.lens.overlay import draw_scan
from convlens.lens.passes import Pass, passed
from convlens.lens.preferred import PreferredInput, preferred_input, preferred_inputs
from convlens.lens.sanity import Sanity
from convlens.lens.scanning import Scan, scan
from convlens.lens.scores import Probabilities, explain_probabilities, probabilities_in
from convlens.lens.weights import Filters, filters

__all__ = [
    "Activations",
    "Arithmetic",
    "Box",
    "Deletion",
    "Distribution",
    "Embedding",
    "Exemplar",
    "Exemplars",
    "Filters",
    "Health",
    "LayerHealth",
    "LayerInfo",
    "LayerValues",
    "Method",
    "Opened",
    "Overfit",
    "Pass",
    "PreferredInput",
    "Probabilities",
    "Saliency",
    "Sanity",
    "Scan",
    "Step",
    "activations",
    "draw_scan",
    "embed",
    "examine",
    "exemplars",
    "explain",
    "explain_in",
    "explain_probabilities",
    "filters",
    "layer_of",
    "layers",
    "open_network",
    "passed",
    "preferred_input",
    "preferred_inputs",
    "probabilities_in",
    "receptive_field",
    "scan",
    "why",
]
