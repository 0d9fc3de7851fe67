"""The terms of a report, each explained in a sentence or two."""

from __future__ import annotations

GLOSSARY = {
    "activation": "A value that a layer gives for a picture. A map is all the values of one "
    "channel, laid out as they lie in the picture.",
    "batch-norm": "BN: subtracts from each value its channel's mean over the training pictures, "
    "divides by its spread, then scales and shifts by two learned numbers.",
    "bias": "A learned number that is added to every sum of one filter.",
    "channel": "One slice of a volume. The picture's channels are red, green and blue; behind a "
    "convolution there is one for each filter.",
    "convolution": "CONV: a small filter slides over the volume. At each place every input under "
    "it is multiplied by the filter's number there, and all products are added up.",
    "deletion curve": "The class' probability while the pixels that a map marks are taken away, "
    "the most marked first. If the map marks what counts, it falls sooner than with pixels taken "
    "away in random order.",
    "exemplar": "The part of a picture that excites a filter more than any other picture of the "
    "data does.",
    "filter": "The learned numbers that a convolution multiplies its inputs by; one filter makes "
    "one channel.",
    "fully connected": "FC: every unit multiplies all values before it by numbers of its own and "
    "adds them up.",
    "gradient": "How much a number changes for a small change of another: of the class' score for "
    "a small change of a pixel, say.",
    "logit": "A class' score as the network gives it, before it becomes a probability. Scores are "
    "above or below zero and mean something only beside each other.",
    "padding": "Zeros laid around a volume so that a filter can stand at its edge.",
    "pooling": "POOL: each window of a map becomes one number, its largest or its mean. The map "
    "gets smaller, and small shifts of the picture matter less.",
    "receptive field": "The part of the picture that a value depends on. It grows from layer to "
    "layer.",
    "ReLU": "Zero for everything below zero, everything else as it is: the filter's answer counts "
    "where it fits, and is silent elsewhere.",
    "saliency map": "A map of the picture's pixels that marks those that the decision rests on. "
    "There are several ways to make one, and none is the truth: hence the curve beside each.",
    "softmax": "From scores to probabilities: e is raised to each score, and each result divided "
    "by the sum of all, so that they add up to one.",
    "temperature": "A number that all scores are divided by before the softmax, fitted on pictures "
    "that were not trained on, so that of all answers with 80 % about 80 % are right.",
    "volume": "A stack of maps: width × height × number of channels.",
}
"""Terms in the order of the alphabet, in plain words."""

LAYERS = {
    "CONV": "Each map is one filter slid over everything before it.",
    "POOL": "Each map of the layer before, made smaller.",
    "GLOBALPOOL": "Each map of the layer before, made one number.",
    "FC": "Each unit weighs every value before it.",
    "RELU": "What is below zero becomes zero.",
    "RELU6": "What is below zero becomes zero, what is above six becomes six.",
    "LEAKY": "What is below zero is made a hundredth of itself.",
    "ELU": "What is below zero is bent towards −1.",
    "GELU": "What is far below zero becomes zero, smoothly.",
    "SILU": "What is far below zero becomes zero, smoothly.",
    "SIGMOID": "Every value is bent into 0 to 1.",
    "TANH": "Every value is bent into −1 to 1.",
    "MAXOUT": "Of every few neighbouring channels the largest value.",
    "BN": "Each map shifted and scaled to a common range.",
    "LRN": "Each value divided by the strength of its neighbours in depth.",
    "DROPOUT": "Passes on every value: it only does something in training.",
    "SOFTMAX": "Passes on the scores; probabilities are made of them at the end.",
    "SVM": "Passes on the scores.",
    "RES": "What its body makes of the volume, added to the volume itself or a projection of it.",
    "CAT": "The maps of its branches, one behind the other.",
}
"""What a layer of each kind does to its input, in a sentence."""

METHODS = {
    "gradient": "Gradient",
    "integrated": "Integrated gradients",
    "gradcam": "Grad-CAM",
    "occlusion": "Occlusion",
}
"""Names of the ways to make a saliency map."""
