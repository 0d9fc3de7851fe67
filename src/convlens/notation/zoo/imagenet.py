"""Networks that the ImageNet challenge made known, before shortcuts."""

from convlens.notation.volumes import Volume
from convlens.notation.zoo.entry import Entry

_ALEXNET_ORIGINAL = """\
INPUT
CONV 96@11x11/4 valid - RELU - LRN alpha=5e-4 - POOL 3x3/2
CONV 256@5x5 groups 2 - RELU - LRN alpha=5e-4 - POOL 3x3/2
CONV 384 - RELU
[CONV {384,256} groups 2 - RELU] * 2
POOL 3x3/2
[FC 4096 - RELU - DROPOUT] * 2
FC"""

_ALEXNET = """\
INPUT
CONV 64@11x11/4 pad 2 floor - RELU - POOL 3x3/2
CONV 192@5x5 - RELU - POOL 3x3/2
[CONV {384,256,256} - RELU] * 3
POOL 3x3/2
[DROPOUT - FC 4096 - RELU] * 2
FC"""

_ZFNET = """\
INPUT
CONV 96@7x7/2 pad 1 floor - RELU - POOL 3x3/2 ceil - LRN
CONV 256@5x5/2 valid - RELU - POOL 3x3/2 ceil - LRN
[CONV {384,384,256} - RELU] * 3
POOL 3x3/2
[FC 4096 - RELU - DROPOUT] * 2
FC"""

_GOOGLENET = """\
INPUT
CONV 64@7x7/2 pad 3 floor nobias - BN - RELU
POOL 3x3/2 ceil
CONV 64@1x1 nobias - BN - RELU
CONV 192 nobias - BN - RELU
POOL 3x3/2 ceil
[CAT[CONV {64,128}@1x1 nobias - BN - RELU
   | CONV {96,128}@1x1 nobias - BN - RELU - CONV {128,192} nobias - BN - RELU
   | CONV {16,32}@1x1 nobias - BN - RELU - CONV {32,96} nobias - BN - RELU
   | POOL 3x3/1 same - CONV {32,64}@1x1 nobias - BN - RELU]] * 2
POOL 3x3/2 ceil
[CAT[CONV {192,160,128,112,256}@1x1 nobias - BN - RELU
   | CONV {96,112,128,144,160}@1x1 nobias - BN - RELU
     CONV {208,224,256,288,320} nobias - BN - RELU
   | CONV {16,24,24,32,32}@1x1 nobias - BN - RELU - CONV {48,64,64,64,128} nobias - BN - RELU
   | POOL 3x3/1 same - CONV {64,64,64,64,128}@1x1 nobias - BN - RELU]] * 5
POOL 2x2 ceil
[CAT[CONV {256,384}@1x1 nobias - BN - RELU
   | CONV {160,192}@1x1 nobias - BN - RELU - CONV {320,384} nobias - BN - RELU
   | CONV {32,48}@1x1 nobias - BN - RELU - CONV 128 nobias - BN - RELU
   | POOL 3x3/1 same - CONV 128@1x1 nobias - BN - RELU]] * 2
GLOBALPOOL avg - DROPOUT 0.2 - FC"""

ALEXNET_ORIGINAL = Entry(
    name="alexnet-original",
    text=_ALEXNET_ORIGINAL,
    line="ImageNet 2012, two groups",
    title="Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional "
    "Neural Networks",
    year=2012,
    input=Volume(227, 227, 3),
    classes=1000,
    about="As published: parted over two GPUs, here as groups. The paper says 224x224, and only "
    "227x227 gives its 55x55. Its LRN does not divide alpha by n, so alpha is five times its 1e-4.",
    published=60_965_224,
)

ALEXNET = Entry(
    name="alexnet",
    text=_ALEXNET,
    line="the same on one GPU",
    title="Krizhevsky: One weird trick for parallelizing convolutional neural networks",
    year=2014,
    input=Volume(224, 224, 3),
    classes=1000,
    about="One tower and no normalisation: the AlexNet that torchvision offers.",
    published=61_100_840,
)

ZFNET = Entry(
    name="zfnet",
    text=_ZFNET,
    line="AlexNet, looked into and mended",
    title="Zeiler, Fergus: Visualizing and Understanding Convolutional Networks",
    year=2013,
    input=Volume(224, 224, 3),
    classes=1000,
    about="AlexNet with a finer first layer, after its authors had looked inside. The paper states "
    "the volumes 110, 55, 26, 13 and 6; the padding here is what gives them.",
)


def _vgg(depth: int, rounds: str, published: int) -> Entry:
    return Entry(
        name=f"vgg{depth}",
        text=f"""\
INPUT
[[CONV {{64,128,256,512,512}} - RELU] * {{{rounds}}} - POOL] * 5
[FC 4096 - RELU - DROPOUT] * 2
FC""",
        line=f"nothing but 3x3, {depth} layers deep",
        title="Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image "
        "Recognition",
        year=2014,
        input=Volume(224, 224, 3),
        classes=1000,
        about="Configuration " + {11: "A", 16: "D", 19: "E"}[depth] + " of the paper.",
        published=published,
    )


VGG11 = _vgg(11, "1,1,2,2,2", 132_863_336)
VGG16 = _vgg(16, "2,2,3,3,3", 138_357_544)
VGG19 = _vgg(19, "2,2,4,4,4", 143_667_240)

GOOGLENET = Entry(
    name="googlenet",
    text=_GOOGLENET,
    line="Inception: four paths at once",
    title="Szegedy et al.: Going Deeper with Convolutions",
    year=2014,
    input=Volume(224, 224, 3),
    classes=1000,
    about="The form that torchvision offers, without the auxiliary classifiers: BN behind every "
    "convolution, 3x3 where the paper has 5x5, and a last pooling of 2x2 where it has 3x3.",
    published=6_624_904,
)
