"""What other libraries, papers and people in a hurry call our layers and their options."""

from __future__ import annotations

import re
from collections.abc import Mapping

from convlens.notation.words import LAYER_WORDS

_LAYERS: Mapping[str, str] = {
    **dict.fromkeys(("CONVOLUTION", "CONVOLUTIONAL"), "CONV"),
    **dict.fromkeys(("DENSE", "LINEAR", "FULLYCONNECTED", "AFFINE", "INNERPRODUCT"), "FC"),
    **dict.fromkeys(("MAXPOOL", "MAXPOOLING", "POOLING", "SUBSAMPLING", "MAX"), "POOL"),
    **dict.fromkeys(("AVGPOOL", "AVGPOOLING", "AVERAGEPOOL", "AVERAGEPOOLING"), "POOL avg"),
    **dict.fromkeys(("MEANPOOL", "MEANPOOLING", "AVG"), "POOL avg"),
    **dict.fromkeys(("GAP", "GLOBALAVGPOOL", "GLOBALAVERAGEPOOL"), "GLOBALPOOL avg"),
    **dict.fromkeys(("GLOBALAVERAGEPOOLING", "GLOBALPOOLING", "ADAPTIVEAVGPOOL"), "GLOBALPOOL avg"),
    **dict.fromkeys(("GMP", "GLOBALMAXPOOL", "GLOBALMAXPOOLING"), "GLOBALPOOL max"),
    **dict.fromkeys(("ADAPTIVEMAXPOOL",), "GLOBALPOOL max"),
    **dict.fromkeys(("BATCHNORM", "BATCHNORMALIZATION", "BATCHNORMALISATION"), "BN"),
    **dict.fromkeys(("LOCALRESPONSENORM", "LOCALRESPONSENORMALIZATION", "NORM"), "LRN"),
    **dict.fromkeys(("LEAKYRELU", "LRELU", "PRELU"), "LEAKY"),
    **dict.fromkeys(("SWISH",), "SILU"),
    **dict.fromkeys(("LOGISTIC",), "SIGMOID"),
    **dict.fromkeys(("DROP",), "DROPOUT"),
    **dict.fromkeys(("RESIDUAL", "SKIP", "ADD"), "RES"),
    **dict.fromkeys(("CONCAT", "CONCATENATE", "INCEPTION"), "CAT"),
    **dict.fromkeys(("FLATTEN", "RESHAPE", "VIEW", "IDENTITY", "OUTPUT", "LOGITS", "ARGMAX"), ""),
    **dict.fromkeys(("CROSSENTROPY", "CROSSENTROPYLOSS", "LOGSOFTMAX"), "SOFTMAX"),
    **dict.fromkeys(("HINGE", "HINGELOSS"), "SVM"),
}

_ABSENT = frozenset(
    [
        *("DECONV", "DECONVOLUTION", "CONVTRANSPOSE", "CONV2DTRANSPOSE", "UPSAMPLE", "UPSAMPLING"),
        *("UNPOOL", "DEPTHWISE", "DEPTHWISECONV", "SEPARABLECONV", "LSTM", "GRU", "RNN"),
        *("EMBEDDING", "ATTENTION", "MULTIHEADATTENTION", "TRANSFORMER", "LAYERNORM", "GROUPNORM"),
        *("INSTANCENORM", "SELU", "CELU", "MISH", "SOFTPLUS", "SOFTSIGN", "HARDSWISH"),
        "HARDSIGMOID",
    ]
)

_SUFFIX = re.compile(r"(?:[123]D)?(?:LAYER)?\Z")


def ours(word: str) -> str | None:
    """Return what a layer is called here, with its kind where that belongs to it (``POOL avg``).

    An empty text is what the notation does without, such as FLATTEN; None what is not known.
    """
    plain = _plain(word)
    return plain if plain in LAYER_WORDS else _LAYERS.get(plain)


def is_absent(word: str) -> bool:
    """Tell whether a word means a layer that there is none like here."""
    return _plain(word) in _ABSENT or word.upper() in _ABSENT


_LONGEST = 100
"""Characters, from a word's end, that are compared; all names that are known are shorter."""


def _plain(word: str) -> str:
    name = word[-_LONGEST:].rpartition(".")[2]
    return _SUFFIX.sub("", name.upper().replace("_", ""), count=1)


OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("PADDING", "ZEROPADDING"), "pad"),
    **dict.fromkeys(("STRIDE", "STRIDES"), "S"),
    **dict.fromkeys(("KERNEL", "KERNEL_SIZE", "WINDOW", "SIZE", "POOL_SIZE", "SX"), "F"),
    **dict.fromkeys(("FILTER", "FILTERS", "KERNELS", "OUT_CHANNELS", "CHANNELS"), "K"),
    **dict.fromkeys(("DILATION", "DILATION_RATE", "DILATED"), "dilate"),
    **dict.fromkeys(("GROUP",), "groups"),
    **dict.fromkeys(("AVERAGE", "MEAN"), "avg"),
    **dict.fromkeys(("MAXIMUM",), "max"),
    **dict.fromkeys(("NO_BIAS",), "nobias"),
    **dict.fromkeys(("CEIL_MODE", "CEILING"), "ceil"),
}
"""What other libraries call our options."""
