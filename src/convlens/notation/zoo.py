"""Networks with a name: those of the notes and of the literature that ConvLens starts from."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from convlens.errors import NotationError, SettingsError
from convlens.notation.architecture import Architecture
from convlens.notation.limits import MAX_TEXT
from convlens.notation.volumes import Volume


@dataclass(frozen=True, slots=True)
class Entry:
    """A network of the zoo.

    ``input`` and ``classes`` are those that it was made for; the text leaves them open where the
    network works on any. ``published`` is the number of parameters that its source states for
    exactly this form, or None; ``counts_statistics`` tells that the source counted the running
    mean and variance of BN among them, which are 2·D more for each BN and not learned.
    """

    name: str
    text: str
    title: str
    year: int
    input: Volume
    classes: int
    about: str
    published: int | None = None
    counts_statistics: bool = False

    @property
    def architecture(self) -> Architecture:
        """The network, its input as the text leaves it."""
        return Architecture(self.text)


_RESNET8 = """\
INPUT
CONV 16 - BN - RELU
RES[CONV 16 - BN - RELU - CONV 16 - BN]
RELU
RES[CONV 32@3x3/2 - BN - RELU - CONV 32 - BN | CONV 32@1x1/2]
RELU
RES[CONV 64@3x3/2 - BN - RELU - CONV 64 - BN | CONV 64@1x1/2]
RELU - GLOBALPOOL avg - FC"""

_LENET5 = """\
INPUT
[CONV {6,16}@5x5 valid - TANH - POOL 2x2 avg] * 2
CONV 120@5x5 valid - TANH
FC 84 - TANH - FC"""

_CONVNETJS_MNIST = """\
INPUT
CONV 8@5x5 - RELU - POOL 2x2
CONV 16@5x5 - RELU - POOL 3x3
FC"""

ZOO: tuple[Entry, ...] = (
    Entry(
        name="introduction",
        text="INPUT - CONV - RELU - POOL - FC",
        title="CS231n: Convolutional Neural Networks for Visual Recognition, the first example",
        year=2015,
        input=Volume(32, 32, 3),
        classes=10,
        about="The smallest network with every kind of layer: one convolution, one pooling.",
    ),
    Entry(
        name="lenet5",
        text=_LENET5,
        title="LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document "
        "Recognition",
        year=1998,
        input=Volume(32, 32, 1),
        classes=10,
        about="LeNet-5 as it is taught: C3 connected in full, plain averages and a softmax in "
        "place of the paper's partial connections, weighted averages and RBF units, so 61,706 "
        "parameters where the paper counts 60,000.",
    ),
    Entry(
        name="convnetjs-mnist",
        text=_CONVNETJS_MNIST,
        title="Karpathy: ConvNetJS, the MNIST demonstration",
        year=2014,
        input=Volume(24, 24, 1),
        classes=10,
        about="Handwritten digits in the browser, cropped at random from 28x28 to 24x24.",
    ),
    Entry(
        name="convnetjs-cifar10",
        text="INPUT - [CONV {16,20,20}@5x5 - RELU - POOL 2x2] * 3 - FC",
        title="Karpathy: ConvNetJS, the CIFAR-10 demonstration",
        year=2014,
        input=Volume(32, 32, 3),
        classes=10,
        about="Small colour pictures of ten kinds, in the browser.",
    ),
    Entry(
        name="resnet8",
        text=_RESNET8,
        title="Banbury et al.: MLPerf Tiny Benchmark, image classification",
        year=2021,
        input=Volume(32, 32, 3),
        classes=10,
        about="The residual network that small devices are measured with, on CIFAR-10.",
        published=78_666,
        counts_statistics=True,
    ),
)


def find(name: str) -> Entry:
    """Return the zoo's entry of that name, in any case; SettingsError with a near miss if none."""
    wanted = name.strip().lower()
    for entry in ZOO:
        if entry.name == wanted:
            return entry
    raise SettingsError(f"the zoo has no network '{name[:40]}'", _hint(wanted))


def resolve(said: str) -> Architecture:
    """Return the network that ``said`` names: one of the zoo, a text file, or notation itself.

    Raises NotationError where the notation does not read, SettingsError where a file does not.
    """
    if said.strip().lower() in {entry.name for entry in ZOO}:
        return find(said).architecture
    if path := _file(said):
        return Architecture(_contents(path))
    try:
        return Architecture(said)
    except NotationError:
        if re.fullmatch(r"\s*[\w./\\~:-]*(?:\.txt|\.net|/|\\)[\w./\\~:-]*\s*", said):
            raise SettingsError(f"there is no file '{said.strip()[:80]}'") from None
        if re.fullmatch(r"\s*[\w-]{1,40}\s*", said) and _near(said):
            message = f"'{said.strip()}' is no network of the zoo, no file and no notation"
            raise SettingsError(message, _hint(said.strip().lower())) from None
        raise


def _near(name: str) -> list[str]:
    names = [entry.name for entry in ZOO]
    return difflib.get_close_matches(name.strip().lower()[:40], names, 1, 0.6)


def _hint(name: str) -> str:
    near = _near(name)
    names = ", ".join(entry.name for entry in ZOO)
    return f"did you mean {near[0]}? There are: {names}" if near else f"there are: {names}"


def _file(said: str) -> Path | None:
    if "\n" in said or len(said) > 1_000 or "\0" in said:
        return None
    path = Path(said).expanduser()
    try:
        return path if path.is_file() else None
    except OSError:
        return None


def _contents(path: Path) -> str:
    try:
        if path.stat().st_size > 4 * MAX_TEXT:
            raise SettingsError(f"{path} is too long to be a network")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not a text file") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
