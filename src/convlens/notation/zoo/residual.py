"""Networks with shortcuts."""

from convlens.notation.volumes import Volume
from convlens.notation.zoo.entry import Entry

_STEM = """\
INPUT
CONV 64@7x7/2 pad 3 floor nobias - BN - RELU
POOL 3x3/2 pad 1 floor"""


def _resnet(depth: int, text: str, published: int) -> Entry:
    return Entry(
        name=f"resnet{depth}",
        text=f"{_STEM}\n{text}\nGLOBALPOOL avg - FC",
        line=f"shortcuts, {depth} layers deep",
        title="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition",
        year=2015,
        input=Volume(224, 224, 3),
        classes=1000,
        about="As published, with shortcuts projected where the volumes differ (option B)."
        if depth < 50
        else "Version 1.5, as most use it: a block halves the map in its 3x3 convolution, where "
        "the paper does in the first 1x1. Volumes behind blocks and parameters are the paper's.",
        published=published,
    )


def _basic(first: int, rest: str | None) -> str:
    block = """RES[CONV {128,256,512} nobias - BN - RELU
      CONV {128,256,512} nobias - BN] - RELU"""
    return f"""\
[RES[CONV 64 nobias - BN - RELU - CONV 64 nobias - BN] - RELU] * {first}
[RES[CONV {{128,256,512}}@3x3/2 pad 1 floor nobias - BN - RELU
     CONV {{128,256,512}} nobias - BN
   | CONV {{128,256,512}}@1x1/2 nobias - BN] - RELU
 {f"[{block}] * {{{rest}}}" if rest else block}] * 3"""


def _bottleneck(rest: str) -> str:
    return f"""\
[RES[CONV {{64,128,256,512}}@1x1 nobias - BN - RELU
     CONV {{64,128,256,512}}@3x3/{{1,2,2,2}} pad 1 floor nobias - BN - RELU
     CONV {{256,512,1024,2048}}@1x1 nobias - BN
   | CONV {{256,512,1024,2048}}@1x1/{{1,2,2,2}} nobias - BN] - RELU
 [RES[CONV {{64,128,256,512}}@1x1 nobias - BN - RELU
      CONV {{64,128,256,512}} nobias - BN - RELU
      CONV {{256,512,1024,2048}}@1x1 nobias - BN] - RELU] * {{{rest}}}] * 4"""


RESNET18 = _resnet(18, _basic(2, None), 11_689_512)
RESNET34 = _resnet(34, _basic(3, "3,5,2"), 21_797_672)
RESNET50 = _resnet(50, _bottleneck("2,3,5,2"), 25_557_032)
RESNET101 = _resnet(101, _bottleneck("2,3,22,2"), 44_549_160)

DENSENET121 = Entry(
    name="densenet121",
    text=f"""\
{_STEM}
[[CAT[ | BN - RELU - CONV 128@1x1 nobias - BN - RELU - CONV 32 nobias]] * {{6,12,24}}
 BN - RELU - CONV {{128,256,512}}@1x1 nobias - POOL 2x2 avg] * 3
[CAT[ | BN - RELU - CONV 128@1x1 nobias - BN - RELU - CONV 32 nobias]] * 16
BN - RELU - GLOBALPOOL avg - FC""",
    line="every layer sees all before it",
    title="Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks",
    year=2016,
    input=Volume(224, 224, 3),
    classes=1000,
    about="Each layer's 32 new slices are put behind all those before: `CAT[ | … ]`, whose first "
    "branch is empty.",
    published=7_978_856,
)
