"""Networks to begin with: those of lessons and demonstrations."""

from convlens.notation.volumes import Volume
from convlens.notation.zoo.entry import Entry

INTRODUCTION = Entry(
    name="introduction",
    text="INPUT - CONV - RELU - POOL - FC",
    line="every kind of layer once",
    title="CS231n: Convolutional Neural Networks for Visual Recognition, the first example",
    year=2015,
    input=Volume(32, 32, 3),
    classes=10,
    about="The smallest network with every kind of layer: one convolution, one pooling.",
)

LENET5 = Entry(
    name="lenet5",
    text="""\
INPUT
[CONV {6,16}@5x5 valid - TANH - POOL 2x2 avg] * 2
CONV 120@5x5 valid - TANH
FC 84 - TANH - FC""",
    line="reads the digits on cheques",
    title="LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition",
    year=1998,
    input=Volume(32, 32, 1),
    classes=10,
    about="LeNet-5 as it is taught: C3 connected in full, plain averages and a softmax in "
    "place of the paper's partial connections, weighted averages and RBF units, so 61,706 "
    "parameters where the paper counts 60,000.",
)

CONVNETJS_MNIST = Entry(
    name="convnetjs-mnist",
    text="""\
INPUT
CONV 8@5x5 - RELU - POOL 2x2
CONV 16@5x5 - RELU - POOL 3x3
FC""",
    line="digits in the browser",
    title="Karpathy: ConvNetJS, the MNIST demonstration",
    year=2014,
    input=Volume(24, 24, 1),
    classes=10,
    about="Handwritten digits in the browser, cropped at random from 28x28 to 24x24.",
)

CONVNETJS_CIFAR10 = Entry(
    name="convnetjs-cifar10",
    text="INPUT - [CONV {16,20,20}@5x5 - RELU - POOL 2x2] * 3 - FC",
    line="small pictures in the browser",
    title="Karpathy: ConvNetJS, the CIFAR-10 demonstration",
    year=2014,
    input=Volume(32, 32, 3),
    classes=10,
    about="Small colour pictures of ten kinds, in the browser.",
)
