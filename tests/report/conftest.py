"""A browser, and networks whose reports are opened in it."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from convlens.classifier import Classifier
from convlens.data import Preprocessing
from convlens.modelfile import Model, plan_of, tensor_shapes
from convlens.notation import Architecture
from convlens.report import look, page

PLAIN = ["--no-sandbox", "--disable-gpu"]
"""How Chromium is started where there is neither a sandbox nor a graphics card."""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first is Chromium without a window's parts; pages open in half the time."""
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
AXE = Path(os.environ.get("CONVLENS_AXE", Path(__file__).parents[2] / "build" / "axe"))
AXE_SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"

EVERY_KIND = """
INPUT 12x10x3 - CONV 8@3x3/2 pad 1 floor - BN - RELU - POOL 3x3/2 pad 1 floor - LRN
- RES[CONV 8@3x3 groups 2 - GELU - CONV 8@1x1 nobias] - LEAKY
- CAT[CONV 6@3x3 dilate 2 pad 2 - ELU | POOL 3x3/1 avg pad 1 - CONV 4@1x1 - TANH | POOL 1x1/1 l2]
- MAXOUT 2 - SIGMOID - RES[CONV 12 - SILU | CONV 12@1x1] - RELU6 - DROPOUT 0.5
- POOL 2x2/1 l2 - CONV 6 - GLOBALPOOL max - FC 5 - RELU - FC 3 - SOFTMAX
"""

HOSTILE = (
    "</script><script>document.title='bad'</script>",
    'a "quoted" & <b>bold</b> class',
    "plain",
)


def untrained(net, classes=("a", "b", "c"), seed=0):
    """A classifier of random weights."""
    random = np.random.default_rng(seed)
    architecture = Architecture(net)
    size = architecture.input
    p = Preprocessing(size.width, size.height, size.depth, "stretch",
                      (0.4,) * size.depth, (0.25,) * size.depth)  # fmt: skip
    plan = plan_of(architecture, p, classes)
    weights = {}
    for name, shape in tensor_shapes(plan).items():
        if name.endswith("running_var") or (name.endswith(".weight") and len(shape) == 1):
            values = random.uniform(0.5, 1.5, shape)
        elif len(shape) == 1:
            values = random.normal(0, 0.3, shape)
        else:
            values = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        weights[name] = values.astype(np.float32)
    return Classifier(Model(plan.architecture, tuple(classes), p, weights, 1.7, {}))


def picture_for(classifier, seed=0):
    shape = classifier.preprocessing.geometry.shape
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="session")
def every_kind():
    return untrained(EVERY_KIND, HOSTILE)


@pytest.fixture(scope="session")
def looked(every_kind):
    """A look with two pictures, one of a name that no page may take for markup."""
    pictures = [("<img src=x onerror=alert(1)>.png", picture_for(every_kind)),
                ("second.png", picture_for(every_kind, 1))]  # fmt: skip
    return look(every_kind, pictures, title="<i>every</i> kind")


@pytest.fixture(scope="session")
def document(looked):
    return page(looked)


@pytest.fixture(scope="module")  # playwright has one at a time: other modules open their own
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=PLAIN)
        yield found
        found.close()


class Site:
    """A page opened from disk, with all that it complained of and asked for."""

    def __init__(self, browser, path, **options):
        self.page = browser.new_page(**options)
        self.troubles, self.requests = [], []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def asked(self):
        """What was requested beside the file itself and pictures inside it."""
        return [url for url in self.requests[1:] if not url.startswith("data:")]


@pytest.fixture
def opened(browser, tmp_path):
    """Opens an HTML document from disk."""
    sites = []

    def open_(html, **options):
        path = tmp_path / f"{len(sites)}.html"
        path.write_text(html, encoding="utf-8")
        site = Site(browser, path, **options)
        sites.append(site)
        return site

    yield open_
    for site in sites:
        site.page.close()
