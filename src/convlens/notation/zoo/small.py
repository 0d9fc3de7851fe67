"""Networks for small devices and for small pictures."""

from convlens.notation.volumes import Volume
from convlens.notation.zoo.entry import Entry

SQUEEZENET = Entry(
    name="squeezenet1.1",
    text="""\
INPUT
CONV 64@3x3/2 valid floor - RELU
[POOL 3x3/2 ceil
 [CONV {16,32,48}@1x1 - RELU
  CAT[CONV {64,128,192}@1x1 - RELU | CONV {64,128,192} - RELU]] * 2] * 3
[CONV 64@1x1 - RELU - CAT[CONV 256@1x1 - RELU | CONV 256 - RELU]] * 2
DROPOUT - CONV 1000@1x1 - RELU - GLOBALPOOL avg""",
    line="as good as AlexNet, 1/50 of it",
    title="Iandola et al.: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters",
    year=2016,
    input=Volume(224, 224, 3),
    classes=1000,
    about="Release 1.1 of its authors: less than half the work of the paper's, as accurate.",
    published=1_235_496,
)

MOBILENETV2 = Entry(
    name="mobilenetv2",
    text="""\
INPUT
CONV 32@3x3/2 pad 1 floor nobias - BN - RELU6
CONV 32 groups 32 nobias - BN - RELU6 - CONV 16@1x1 nobias - BN
[CONV {96,144,192,384,576}@1x1 nobias - BN - RELU6
 CONV {96,144,192,384,576}@3x3/{2,2,2,1,2} pad 1 floor groups {96,144,192,384,576} nobias
 BN - RELU6
 CONV {24,32,64,96,160}@1x1 nobias - BN
 RES[CONV {144,192,384,576,960}@1x1 nobias - BN - RELU6
     CONV {144,192,384,576,960} groups {144,192,384,576,960} nobias - BN - RELU6
     CONV {24,32,64,96,160}@1x1 nobias - BN] * {1,2,3,2,2}] * 5
CONV 960@1x1 nobias - BN - RELU6 - CONV 960 groups 960 nobias - BN - RELU6
CONV 320@1x1 nobias - BN
CONV 1280@1x1 nobias - BN - RELU6
GLOBALPOOL avg - DROPOUT 0.2 - FC""",
    line="depth slices one by one: phones",
    title="Sandler et al.: MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    year=2018,
    input=Volume(224, 224, 3),
    classes=1000,
    about="The paper's at width 1.0. As many groups as filters: each depth slice has its own.",
    published=3_504_872,
)

ALLCONV = Entry(
    name="allconv",
    text="""\
INPUT
DROPOUT 0.2
[CONV {96,192} - RELU - CONV {96,192} - RELU - CONV {96,192}@3x3/2 - RELU - DROPOUT] * 2
CONV 192 valid - RELU - CONV 192@1x1 - RELU
CONV 10@1x1 - RELU - GLOBALPOOL avg""",
    line="no pooling, no FC",
    title="Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity: The All "
    "Convolutional Net",
    year=2014,
    input=Volume(32, 32, 3),
    classes=10,
    about="All-CNN-C: convolutions of stride 2 in place of pooling, and an average in place of FC.",
    published=1_369_738,
)

RESNET8 = Entry(
    name="resnet8",
    text="""\
INPUT
CONV 16 - BN - RELU
RES[CONV 16 - BN - RELU - CONV 16 - BN] - RELU
[RES[CONV {32,64}@3x3/2 - BN - RELU - CONV {32,64} - BN | CONV {32,64}@1x1/2] - RELU] * 2
GLOBALPOOL avg - FC""",
    line="the test of small devices",
    title="Banbury et al.: MLPerf Tiny Benchmark, image classification",
    year=2021,
    input=Volume(32, 32, 3),
    classes=10,
    about="The residual network that small devices are measured with, on CIFAR-10. The 78,666 "
    "parameters that are stated for it count the running mean and variance of BN too.",
    published=78_666,
    counts_statistics=True,
)

AIRBENCH94 = Entry(
    name="airbench94",
    text="""\
INPUT
CONV 24@2x2 valid - GELU
[CONV {64,256,256} nobias - POOL 2x2 floor - BN - GELU
 CONV {64,256,256} nobias - BN - GELU] * 3
POOL 3x3 - FC nobias""",
    line="94 % on CIFAR-10 in seconds",
    title="Jordan: 94% on CIFAR-10 in 3.29 Seconds on a Single GPU",
    year=2024,
    input=Volume(32, 32, 3),
    classes=10,
    about="Its first layer is set from the pictures and left as it is; its scores, divided by 9 "
    "there, are not here.",
)

CONVLENS32 = Entry(
    name="convlens32",
    text="""\
INPUT
CONV 24@2x2 valid - GELU
[CONV {24,96,96} nobias - POOL 2x2 floor - BN - GELU
 CONV {24,96,96} nobias - BN - GELU] * 3
GLOBALPOOL max - FC nobias""",
    line="our default for 32x32",
    title="ConvLens: what `convlens train` takes for small colour pictures",
    year=2025,
    input=Volume(32, 32, 3),
    classes=10,
    about="A narrower airbench94; for other sizes, depths and times it is built to measure.",
)
