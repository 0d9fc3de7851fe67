"""What is wrong, where, and a correction that works: for every slip that people make."""

from __future__ import annotations

import unicodedata

import pytest

from convlens.errors import NotationError
from convlens.notation import Architecture, Volume, find

READING = {
    # misspelt words
    "INPUT - CNOV - RELU - POOL - FC": "INPUT - CONV - RELU - POOL - FC",
    "CNOV - RLEU - PLOO - FC": "CONV - RELU - POOL - FC",
    "CONV - DROPUOT 0.5 - FC": "CONV - DROPOUT 0.5 - FC",
    "ＣＯＮＶ - RELU": "CONV - RELU",
    # words of other libraries
    "CONV2D 16@3x3 - FC": "CONV 16@3x3 - FC",
    "CONV - DENSE 10": "CONV - FC 10",
    "CONV - LINEAR": "CONV - FC",
    "CONV - MAXPOOL 2x2 - FC": "CONV - POOL 2x2 - FC",
    "CONV - AVGPOOL 2x2 - FC": "CONV - POOL 2x2 avg - FC",
    "CONV - BATCHNORM - FC": "CONV - BN - FC",
    "CONV - FLATTEN - FC": "CONV - FC",
    "CONV padding=2 stride=1": "CONV pad 2",
    "CONV 16 kernel_size=5": "CONV 16@5x5",
    "CONV activation=relu - FC": "CONV - RELU - FC",
    "CONV(16) - DROPOUT(0.5)": "CONV 16 - DROPOUT 0.5",
    "(CONV - RELU)*3 - FC": "[CONV - RELU]*3 - FC",
    # labels and numbers stuck to words
    "CONV16 - FC10": "CONV 16 - FC 10",
    "conv1 - relu1 - fc1": "CONV - RELU - FC",
    "CONV pad2": "CONV pad 2",
    # joiners
    "CONV RELU POOL": "CONV - RELU - POOL",
    "CONV, RELU, FC": "CONV - RELU - FC",
    "CONV - - FC": "CONV - FC",
    "CONV - RELU -": "CONV - RELU",
    "- CONV": "CONV",
    "[CONV - RELU -]*2": "[CONV - RELU]*2",
    "INPUT CONV": "INPUT - CONV",
    "CONV - FC -10": "CONV - FC 10",
    "CONV pad -1": "CONV pad 1",
    # brackets and repeats
    "[CONV - RELU*3 - FC": "[CONV - RELU]*3 - FC",
    "[CONV - RELU": "CONV - RELU",
    "CONV - RELU]*3 - FC": "[CONV - RELU]*3 - FC",
    "[CONV - RELU] - FC": "CONV - RELU - FC",
    "[CONV] 3 - FC": "[CONV]*3 - FC",
    "CONV * 3 - FC": "[CONV] * 3 - FC",
    "CONV x 3 - FC": "[CONV] x 3 - FC",
    "[]*3 - FC": "[CONV]*3 - FC",
    "[CONV]*0": "[CONV]*1",
    "[CONV]*2.5": "[CONV]*2",
    "[CONV]* - FC": "[CONV]*1 - FC",
    "[[CONV -> RELU]*N -> POOL]*2": "[[CONV -> RELU]*2 -> POOL]*2",
    "CONV - POOL? - FC": "CONV - POOL - FC",
    "RES[CONV - BN": "RES[CONV - BN]",
    "RES - CONV": "RES[CONV] - CONV",
    "RES[]": "RES[CONV]",
    "RES[ | CONV]": "RES[CONV | CONV]",
    "RES[CONV | CONV | CONV]": "CAT[CONV | CONV | CONV]",
    "CAT[CONV]": "CAT[CONV | CONV]",
    "CONV | FC": "CONV - FC",
    # lists
    "[CONV {1,2,3} - RELU]*2": "[CONV {1,2,3} - RELU]*3",
    "[CONV {16,32 - RELU]*2": "[CONV {16,32} - RELU]*2",
    "[CONV {16 32} - RELU]*2": "[CONV {16, 32} - RELU]*2",
    # values
    "CONV 16@5x": "CONV 16@5",
    "CONV 16@": "CONV 16",
    "CONV /": "CONV",
    "CONV pad": "CONV pad 1",
    "CONV 16@5x5x3x3": "CONV 16@5x5x3",
    "POOL 2x2x2": "POOL 2x2",
    "CONV 0": "CONV 1",
    "CONV 2.5": "CONV 2",
    "POOL 2x3": "POOL 2x3/2",
    "POOL 2x2 pad 2": "POOL 2x2 pad 1",
    "CONV 16 groups 3": "CONV 16@3x3",
    "CONV 16 groups 6": "CONV 16@3x3 groups 2",
    "DROPOUT 1.5": "DROPOUT 0.5",
    "DROPOUT 1": "DROPOUT 0.5",
    "MAXOUT 1": "MAXOUT 2",
    "CONV same same": "CONV same",
    "RELU 3": "RELU",
    # input, end and losses
    "": "INPUT - CONV - RELU - POOL - FC",
    "# only a remark": "INPUT - CONV - RELU - POOL - FC",
    "INPUT": "INPUT - FC",
    "SOFTMAX": "FC - SOFTMAX",
    "INPUT 28x28 - FC": "INPUT 28x28x3 - FC",
    "INPUT 28 - FC": "INPUT 28x28x3 - FC",
    "INPUT [32x32x3] - FC": "INPUT 32x32x3 - FC",
    "CONV - INPUT - FC": "CONV - FC",
    "FC - SOFTMAX - RELU": "FC - RELU - SOFTMAX",
    "RES[CONV - SVM] - FC": "RES[CONV] - FC - SVM",
    "[FC -> RELU]*1 -> FC": "[FC 64 -> RELU]*1 -> FC",
}

# As PyTorch, Keras, papers and people in a hurry write it.
FOREIGN = {
    "CONV(16,5) - FC": "CONV 16@5x5 - FC",
    "CONV 16 5x5": "CONV 16@5x5",
    "CONV 16 5": "CONV 16@5x5",
    "CONV 32, 3x3": "CONV 32@3x3",
    "CONV 3x3 32": "CONV 32@3x3",
    "CONV 3x3x32": "CONV 32@3x3",
    "CONV 32x3x3": "CONV 32@3x3",
    "CONV 5x5": "CONV 16@5x5",
    "CONV 16*5*5": "CONV 16@5x5",
    "CONV 16@3,3": "CONV 16@3x3",
    "CONV 16@(3,5)": "CONV 16@3x5",
    "CONV 16 k=3": "CONV 16@3x3",
    "CONV 16 kernel 3": "CONV 16@3x3",
    "CONV 16 filters 3x3": "CONV 16@3x3",
    "CONV filters=16 kernel_size=(3,3)": "CONV 16@3x3",
    "CONV 16@5 stride 2": "CONV 16@5x5/2",
    "CONV 16@3x3 stride=(2,2)": "CONV 16@3x3/2",
    "CONV 16@3x3 s2 p1": "CONV 16@3x3/2 pad 1",
    "CONV 16@5 padding='same'": "CONV 16@5x5 same",
    "CONV 16@3x3 same pad": "CONV 16@3x3 same",
    "CONV 16@3x3 bias=False": "CONV 16@3x3 nobias",
    "CONV 16@3x3 no bias": "CONV 16@3x3 nobias",
    "CONV 16 bias": "CONV 16",
    "[CONV {8,9} 5x5]*2": "[CONV {8,9}@5x5]*2",
    "FC 10 bias": "FC 10",
    "FC=10": "FC 10",
    "FC 100 units - FC": "FC 100 - FC",
    "FC num_classes": "FC",
    "FC 128, 10": "FC 128 - FC 10",
    "Conv2d(3, 16, 5)": "CONV 16@5x5 valid",
    "nn.Conv2d(3, 16, 3, padding=1) - nn.ReLU(inplace=True)": "CONV 16@3x3 pad 1 - RELU",
    "Conv2d(64, 32, kernel_size=1, bias=False)": "CONV 32@1x1 valid nobias",
    "Conv2D(32, (3, 3), (2, 2), padding='same')": "CONV 32@3x3/2 same",
    "Conv2D(32, 3, activation=relu) - MaxPooling2D((2,2)) - Flatten() - Dense(10)": (
        "CONV 32@3x3 valid - RELU - POOL 2x2 - FC 10"
    ),
    "Conv2d(3, 6, 5), ReLU(), MaxPool2d(2), Flatten(), Linear(1176, 10)": (
        "CONV 6@5x5 valid - RELU - POOL 2x2 - FC 10"
    ),
    "CONV - MaxPool2d(3, stride=2) - FC": "CONV - POOL 3x3/2 - FC",
    "CONV - AvgPool2d(2) - FC": "CONV - POOL 2x2 avg - FC",
    "CONV - AdaptiveAvgPool2d((1, 1)) - FC": "CONV - GLOBALPOOL avg - FC",
    "CONV - BatchNorm2d(16) - LeakyReLU(0.1)": "CONV - BN - LEAKY",
    "Dense(10, relu) - Dense(10, activation='softmax')": "FC 10 - RELU - FC 10 - SOFTMAX",
    "Linear(512, 10)": "FC 10",
    "CONV - MAX POOL 2x2 - FULLY CONNECTED": "CONV - POOL 2x2 - FC",
    "POOL 3, 2": "POOL 3x3/2",
    "POOL (2,2)": "POOL 2x2",
    "CONV - GLOBAL AVERAGE POOLING - FC": "CONV - GLOBALPOOL avg - FC",
    "FC 64 relu - DROPOUT 50% - FC": "FC 64 - RELU - DROPOUT 0.5 - FC",
    "CONV - DROPOUT(p=0.3) - FC": "CONV - DROPOUT 0.3 - FC",
    "conv3-64 - maxpool - FC-4096 - FC-10": "CONV 64@3x3 - POOL - FC 4096 - FC 10",
    "7x7 conv, 64, /2 - pool, /2 - fc 1000": "CONV 64@7x7/2 - POOL - fc 1000",
    "CONV 16@3x3; RELU; POOL; CONV 32; RELU; FC": (
        "CONV 16@3x3 - RELU - POOL - CONV 32 - RELU - FC"
    ),
    "INPUT(32,32,3) - CONV - FC": "INPUT 32x32x3 - CONV - FC",
    "Input(shape=(3,32,32)) - CONV - FC": "INPUT 32x32x3 - CONV - FC",
    "INPUT: 32*32*3 - CONV": "INPUT 32x32x3 - CONV",
    "INPUT=>CONV=>FC": "INPUT->CONV->FC",
    "Conv2d(3, 16, 5),": "CONV 16@5x5 valid",
    "CONV - POOL(2, stride=1) - FC": "CONV - POOL 2x2/1 - FC",
    "CONV - FC 64, 32, 10": "CONV - FC 64 - FC 32 - FC 10",
    "CONV - FC - 10": "CONV - FC 10",
    "CONV - DROPOUT 0,5 - FC": "CONV - DROPOUT 0.5 - FC",
    "CONV - RELU 6 - FC": "CONV - RELU6 - FC",
    "CONV - GLOBALPOOL 7x7 - FC": "CONV - GLOBALPOOL - FC",
    "CONV - SOFTMAX 10": "CONV - FC 10 - SOFTMAX",
    "CONV: 16 filters, 5x5, stride 1, pad 2": "CONV 16@5x5 pad 2",
    "CONV 16 kernels size 5": "CONV 16@5x5",
    "16@5x5 - RELU": "CONV 16@5x5 - RELU",
    "CAT[CONV 8 - CONV 8] - FC": "CAT[CONV 8 | CONV 8] - FC",
    "2*(CONV - RELU) - FC": "[CONV - RELU]*2 - FC",
    "{CONV - RELU}*2 - FC": "[CONV - RELU]*2 - FC",
    "[RELU]": "RELU",
    "3 x [CONV - RELU] - FC": "[CONV - RELU]*3 - FC",
    "[CONV - RELU]^3 - FC": "[CONV - RELU]*3 - FC",
    "(CONV 5x5 - RELU)x3 - FC": "[CONV 16@5x5 - RELU]x3 - FC",
    "[CONV 16,32,64 - RELU]*3 - FC": "[CONV {16,32,64} - RELU]*3 - FC",
    "[CONV (16,32,64) - RELU]*3 - FC": "[CONV {16,32,64} - RELU]*3 - FC",
    "RES(CONV - CONV) - FC": "RES[CONV - CONV] - FC",
    "CAT(CONV, POOL 3x3/1 same) - FC": "CAT[CONV | POOL 3x3/1 same] - FC",
    "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC": (
        "INPUT -> [[CONV -> RELU]*2 -> POOL]*2 -> [FC 64 -> RELU]*1 -> FC"
    ),
    "CONV 16 5x5 # five\n# (3, 3)\nFC": "CONV 16@5x5 # five\n# (3, 3)\nFC",
}

# What the user meant cannot be told, or cannot be said here: better nothing than the wrong thing.
UNKNOWABLE = [
    "2 CONV - FC",
    "CONV K=3 K=4",
    "CONV 3x16@5x5",
    "CONV 16@5x5@3",
    "RES 16 - FC",
    "CONV/RELU/POOL/FC",
    "CONV valid same",
    "CONV 16@3x3 /2/2",
    "CONV {16,32} - RELU",
    "CONV depthwise",
    "CONV sixteen - FC",
    "CONV - DECONV 16 - FC",
    "CONV - LSTM(32) - FC",
    "CONV - SELU - FC",
    "foo - CONV - bar",
    "hello world",
    "zoo",
    "INPUT 8x8x1 - MAXOUT 2 - FC",
]

FITTING = {
    "INPUT 32x32x3 - [CONV - POOL]*8 - FC": "INPUT 32x32x3 - [CONV - POOL]*5 - FC",
    "INPUT 32x32x3 - [CONV {1,2,3,4,5,6,7} - POOL]*7 - FC": "INPUT 32x32x3 - "
    "[CONV {1,2,3,4,5} - POOL]*5 - FC",
    "INPUT 4x4x1 - [[CONV {4,8,9}]*2 - POOL]*3 - FC": "INPUT 4x4x1 - "
    "[[CONV {4,8}]*2 - POOL]*2 - FC",
    "INPUT 2x2x1 - [CONV {4,8} - POOL]*2 - FC": "INPUT 2x2x1 - [CONV 4 - POOL]*1 - FC",
    "INPUT 4x4x3 - POOL - POOL - POOL - POOL - FC": "INPUT 4x4x3 - POOL - POOL - FC",
    "INPUT 2x2x3 - POOL 3x3 - FC": "INPUT 2x2x3 - FC",
    "INPUT 4x4x3 - CONV 8@5x5 valid": "INPUT 4x4x3 - CONV 8@5x5 same",
    "INPUT 7x7x16 - POOL 2x2 - FC": "INPUT 7x7x16 - POOL 2x2 floor - FC",
    "INPUT 10x10x1 - CONV 4@3x3/2 valid - FC": "INPUT 10x10x1 - CONV 4@3x3/2 same - FC",
    "INPUT 10x10x1 - CONV K=4 F=3 S=2 P=0 - FC": "INPUT 10x10x1 - CONV K=4 F=3 S=2 same - FC",
    "INPUT 8x8x4 - CONV 8@3x3x3 - FC": "INPUT 8x8x4 - CONV 8@3x3x4 - FC",
    "INPUT 8x8x1 - [CONV 8@3x3x1]*2 - FC": "INPUT 8x8x1 - [CONV 8@3x3]*2 - FC",
    "INPUT 8x8x6 - CONV 8 groups 4 - FC": "INPUT 8x8x6 - CONV 8 groups 2 - FC",
    "INPUT 8x8x3 - CONV 8 groups 4 - FC": "INPUT 8x8x3 - CONV 8 - FC",
    "INPUT 8x8x9 - MAXOUT 2 - FC": "INPUT 8x8x9 - MAXOUT 3 - FC",
    "INPUT 8x8x4 - CAT[CONV | POOL 3x3/1] - FC": "INPUT 8x8x4 - CAT[CONV | POOL 3x3/1 same] - FC",
    "INPUT 8x8x4 - RES[CONV 4@3x3 valid] - FC": "INPUT 8x8x4 - RES[CONV 4@3x3 same] - FC",
    "INPUT 8x8x4 - RES[CONV 8 | ] - FC": "INPUT 8x8x4 - RES[CONV 8] - FC",
    "INPUT 8x8x4 - RES[CONV 8 | CONV 9] - FC": "INPUT 8x8x4 - RES[CONV 8] - FC",
    "INPUT 8x8x3 - CNOV - [POOL]*9 - FC": "INPUT 8x8x3 - CONV - [POOL]*3 - FC",
    "INPUT 8x8x3 - CAT[CONV 4/2 | CONV 4] - FC": "INPUT 8x8x3 - CAT[CONV 4/2 | CONV 4@3x3/2] - FC",
    "INPUT 9x9x3 - CAT[CONV 4 | POOL 3x3/3] - FC": "INPUT 9x9x3 - "
    "CAT[CONV 4@3x3/3 | POOL 3x3/3] - FC",
    "INPUT 8x8x4 - CAT[CONV 4/2 | ] - FC": "INPUT 8x8x4 - CAT[CONV 4@3x3 | ] - FC",
}

PLANNED = {
    "FC 7": "FC 10",
    "CONV - FC 7 - SVM": "CONV - FC 10 - SVM",
    "CONV 16 - RELU # end": "CONV 16 - RELU - FC # end",
    "[CONV]*2 - SVM": "[CONV]*2 - FC - SVM",
    "CONV 4@1x1 - GLOBALPOOL": "CONV 4@1x1 - GLOBALPOOL - FC",
    "INPUT 9x9x3 - FC": "INPUT 8x8x3 - FC",
}


WRITTEN = READING | FOREIGN | FITTING


@pytest.mark.parametrize(("text", "correction"), WRITTEN.items())
def test_corrections_of_what_does_not_read_or_fit(text: str, correction: str):
    with pytest.raises(NotationError) as caught:
        Architecture(text)
    assert caught.value.correction == correction
    Architecture(correction)


@pytest.mark.parametrize("text", UNKNOWABLE)
def test_no_correction_where_none_is_likely(text: str):
    with pytest.raises(NotationError) as caught:
        Architecture(text)
    assert caught.value.correction is None


def test_corrections_never_glue_what_they_part():
    with pytest.raises(NotationError) as caught:
        Architecture("FC 4,5,6")
    assert "45" not in str(caught.value.correction)


@pytest.mark.parametrize(
    ("text", "size", "side"),
    [
        ("[POOL]*6 - FC", (8, 8, 3), 64),
        ("CONV 4@7x7 valid - CONV 8@5x5 valid - FC", (8, 6, 1), 11),
        (find("lenet5").text, (8, 8, 1), 32),
        ("[POOL]*6 - CONV 7@1x1 - GLOBALPOOL", (8, 8, 3), 64),
    ],
)
def test_no_layer_is_dropped_where_a_larger_input_fits(text: str, size: Volume, side: int):
    with pytest.raises(NotationError) as caught:
        Architecture(text).plan(size, 10)
    assert caught.value.correction is None
    assert caught.value.fits == (side, side)
    assert f"{side}x{side} would fit" in str(caught.value)


def test_a_gentle_correction_is_offered_beside_a_size_that_fits():
    with pytest.raises(NotationError) as caught:
        Architecture("[CONV - POOL]*2 - FC").plan((10, 10, 3), 10)
    assert caught.value.correction == "[CONV - POOL floor]*2 - FC"
    assert caught.value.fits == (12, 12)
    with pytest.raises(NotationError) as caught:
        Architecture("INPUT 8x8x3 - CONV 16@8x8 valid - CONV 16@8x8 valid - FC 10")
    assert caught.value.fits is None


@pytest.mark.parametrize(("text", "correction"), PLANNED.items())
def test_corrections_on_8x8x3_with_ten_classes(text: str, correction: str):
    with pytest.raises(NotationError) as caught:
        Architecture(text).plan((8, 8, 3), 10)
    assert caught.value.correction == correction
    assert Architecture(correction).plan((8, 8, 3), 10).classes == 10


@pytest.mark.parametrize(
    ("text", "correction"), [("FC", "FC 10"), ("CONV", "CONV - FC 10"), ("[FC]*1", "[FC 10]*1")]
)
def test_corrections_where_the_classes_are_not_known(text: str, correction: str):
    with pytest.raises(NotationError) as caught:
        Architecture(text).plan((8, 8, 3))
    assert caught.value.correction == correction
    assert Architecture(correction).plan((8, 8, 3)).classes == 10


def test_an_unknown_input_is_asked_for():
    with pytest.raises(NotationError) as caught:
        Architecture("[POOL]*6 - FC 10").plan()
    assert caught.value.correction == "INPUT 224x224x3 - [POOL]*6 - FC 10" or (
        caught.value.correction is not None and Architecture(caught.value.correction).plan()
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("INPUT - CNOV - FC", "CNOV"),
        ("CONV 16@5x5 pud 2", "pud"),
        ("[CONV - RELU - FC", "["),
        ("CONV - RELU]", "]"),
        ("CONV 99999999999", "99999999999"),
        ("INPUT 7x7x1 - CONV - POOL 2x2 - FC", "POOL 2x2"),
        ("CONV\nRELU\n日本", "日本"),
    ],
)
def test_the_offending_word_is_pointed_at(text: str, word: str):
    with pytest.raises(NotationError) as caught:
        Architecture(text)
    error = caught.value
    assert text[error.start : error.end] == word
    assert error.line == text[: text.index(word)].count("\n") + 1


def test_messages_name_the_layer_the_round_and_the_sum():
    with pytest.raises(NotationError) as caught:
        Architecture("INPUT 32x32x16 - [POOL]*8 - FC")
    assert caught.value.message == (
        "pool6, round 6 of 8: POOL 2x2 has only 1x1x16 to work on: (1 - 2 + 2·0)/2 + 1 = 0.5"
    )
    with pytest.raises(NotationError) as caught:
        Architecture("INPUT 28x28x16 - POOL - POOL - POOL - FC")
    assert caught.value.message == (
        "pool3: POOL 2x2 does not fit 7x7x16: (7 - 2 + 2·0)/2 + 1 = 3.5 is not whole"
    )


def _rendered(text: str, plan: bool) -> str:
    with pytest.raises(NotationError) as caught:
        Architecture(text).plan((8, 8, 3), 10) if plan else Architecture(text)
    return f"$ {text!r}\n{caught.value}\n"


def test_errors_as_printed(golden):
    layouts = [
        "INPUT 32x32x3\n[CONV {1,2,3,4,5,6,7,8}\n RELU\n POOL]*8\nFC",
        "CONV\t-\tCNOV\t- FC",
        "# 日本語の注釈\n日本 - CONV",
        "CONV - \x1b[31mRED - FC",
        "CONV - RELU - " * 12 + "CNOV" + " - RELU" * 12,
        "x" * 200,
        "[" * 10_000,
        "[[[[CONV]*999]*999]*999]*999",
    ]
    reading = [_rendered(text, plan=False) for text in [*WRITTEN, *UNKNOWABLE, *layouts]]
    planned = [_rendered(text, plan=True) for text in PLANNED]
    printed = "\n".join(text if len(text) < 3000 else text[10_004:] for text in reading + planned)
    golden("notation_errors.txt", printed)


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def test_renderings_stay_within_the_terminal():
    for text in [*WRITTEN, *UNKNOWABLE]:
        with pytest.raises(NotationError) as caught:
            Architecture(text)
        assert max(map(columns, str(caught.value).split("\n"))) <= 80
        assert len(str(caught.value).split("\n")[0]) <= 80 - len("error: ")
