"""State dicts of other libraries: the scores of plain torch, or a refusal that says why."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from convlens.classifier import Classifier
from convlens.errors import ModelFileError, NotationError, SettingsError
from convlens.importing import Options, read_state
from convlens.importing.naming import NAMINGS
from convlens.importing.states import _matched
from convlens.network.build import Network
from convlens.notation.zoo import find
from tests.importing.elsewhere import (
    LIBRARY,
    GoogLeNet,
    ResNet,
    alexnet,
    mobile_names_of_timm,
    randomised,
    vgg,
)


def saved(state, path):
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    return path


def shapes_of(name):
    with torch.device("meta"):
        return {k: tuple(v.shape) for k, v in LIBRARY[name]().state_dict().items()}


def assert_same_scores(model, network, mean, std):
    """Ours from pixels, theirs from pixels normalised by hand.

    Module by module ours does the same sums; a classifier folds BN, and rounding grows on the way
    through layers of random weights.
    """
    p = model.preprocessing
    pixels = np.random.default_rng(0).integers(0, 256, (2, p.height, p.width, 3), np.uint8)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    x = (x - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    ours = Network(model.plan()).eval()
    held = {name: torch.from_numpy(values) for name, values in model.weights.items()}
    ours.load_state_dict(held, strict=False)
    with torch.no_grad():
        expected, plain = network(x).numpy(), ours(x).numpy()
    largest = np.abs(expected).max()
    assert np.abs(plain - expected).max() <= 1e-5 * largest
    assert np.abs(Classifier(model).scores(pixels) - expected).max() <= 5e-3 * largest
    assert expected.std(0).max() > 1e-2 * largest  # the pictures make a difference


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize("name", LIBRARY)
def test_names_and_shapes_at_full_size(name):
    match, _ = _matched(name, shapes_of(name), Options())
    assert match.problems == ()
    assert match.plan.parameters == find(name).published
    assert set(LIBRARY) == set(NAMINGS)


@pytest.mark.parametrize(
    ("name", "side"),
    [("resnet18", 64), ("resnet50", 64), ("squeezenet1.1", 63), ("mobilenetv2", 64),
     ("densenet121", 64)],
)  # fmt: skip
def test_scores_are_those_of_plain_torch(name, side, tmp_path):
    network = randomised(LIBRARY[name]())
    path = saved(network.state_dict(), tmp_path / "state.safetensors")
    model = read_state(path, name, options=Options(size=(side, side)))
    assert_same_scores(model, network, MEAN, STD)


@pytest.mark.parametrize(
    ("name", "make", "side"),
    [("alexnet", lambda: alexnet(1, 7), 63), ("vgg11", lambda: vgg((1, 1, 2, 2, 2), 1, 7), 32),
     ("vgg16", lambda: vgg((2, 2, 3, 3, 3), 2, 7), 64)],
)  # fmt: skip
def test_networks_whose_size_follows_the_input(name, make, side, tmp_path):
    network = randomised(make())
    path = saved(network.state_dict(), tmp_path / "state.safetensors")
    model = read_state(path, name, options=Options(size=(side, side)))
    assert model.classes == tuple("0123456")
    assert_same_scores(model, network, MEAN, STD)


def test_googlenet_with_its_epsilon_its_input_and_without_its_auxiliaries(tmp_path):
    network = randomised(GoogLeNet())
    path = saved(network.state_dict(), tmp_path / "state.safetensors")
    model = read_state(path, "googlenet", options=Options(size=(64, 64)))
    assert_same_scores(model, network, (0.5,) * 3, (0.5,) * 3)


def test_timm_names_of_vgg_and_mobilenet(tmp_path):
    network = randomised(vgg((1, 1, 2, 2, 2), 1, 5))
    state = {}
    for name, tensor in network.state_dict().items():
        renamed = name
        for old, new in (("classifier.0", "pre_logits.fc1"), ("classifier.3", "pre_logits.fc2"),
                         ("classifier.6", "head.fc")):  # fmt: skip
            renamed = renamed.replace(old, new)
        wide = renamed.startswith("pre_logits") and tensor.ndim == 2
        state[renamed] = tensor.reshape(4096, -1, 1, 1) if wide else tensor
    path = saved(state, tmp_path / "vgg.safetensors")
    model = read_state(path, "vgg11", options=Options(size=(32, 32)))
    assert_same_scores(model, network, MEAN, STD)
    network = randomised(LIBRARY["mobilenetv2"]())
    renamed = mobile_names_of_timm(network.state_dict())
    path = saved(renamed, tmp_path / "mobile.safetensors")
    model = read_state(path, None, options=Options(size=(64, 64)))
    assert_same_scores(model, network, MEAN, STD)


def test_other_number_of_classes_wrapped_names_and_half_precision(tmp_path):
    network = randomised(ResNet((2, 2, 2, 2), False, classes=3))
    state = {f"module.{k}": v.half() if v.is_floating_point() else v
             for k, v in network.state_dict().items()}  # fmt: skip
    path = saved(state, tmp_path / "state.safetensors")
    model = read_state(path, "resnet18", ["ant", "bee", "ant"], Options(size=(64, 64)))
    assert model.classes == ("ant (0)", "bee", "ant (2)")
    network.load_state_dict({k.removeprefix("module."): v.float() for k, v in state.items()})
    assert_same_scores(model, network, MEAN, STD)
    with pytest.raises(SettingsError, match="2 names for 3 classes"):
        read_state(path, "resnet18", ["ant", "bee"])


def test_first_densenet_names(tmp_path):
    shapes = {k.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): v
              for k, v in shapes_of("densenet121").items()}  # fmt: skip
    assert any("norm.1." in name for name in shapes)
    assert _matched("densenet121", shapes, Options())[0].problems == ()


def test_any_notation_by_kind_and_natural_order(tmp_path):
    class Lesson(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc2 = torch.nn.Linear(8, 4)
            self.fc1 = torch.nn.Linear(10 * 2 * 2, 8)
            self.bn1 = torch.nn.BatchNorm2d(6)
            self.conv1, self.conv2 = torch.nn.Conv2d(3, 6, 3), torch.nn.Conv2d(6, 10, 3)

        def forward(self, x):
            x = torch.relu(self.bn1(self.conv1(x)))
            x = torch.relu(self.conv2(torch.max_pool2d(x, 2))).flatten(1)
            return self.fc2(torch.relu(self.fc1(x)))

    network = randomised(Lesson())
    text = (
        "INPUT 10x10x3 - CONV 6 valid - BN - RELU - POOL - CONV 10 valid - RELU - FC 8 - RELU - FC"
    )
    path = saved(network.state_dict(), tmp_path / "lesson.safetensors")
    assert_same_scores(read_state(path, text), network, MEAN, STD)
    with pytest.raises(ModelFileError, match=r"lacks a tensor for conv3\.weight"):
        read_state(path, text.replace("FC 8", "CONV 10 - FC 8"))
    with pytest.raises(SettingsError, match="does not say its input"):
        read_state(path, text.replace(" 10x10x3", ""))
    with pytest.raises(NotationError):
        read_state(path, text, options=Options(size=(9, 9)))


def small_state():
    return ResNet((2, 2, 2, 2), False, classes=2).state_dict()


@pytest.fixture(scope="module")
def state():
    return small_state()


def test_another_network_is_refused_and_named(state, tmp_path):
    path = saved(state, tmp_path / "state.safetensors")
    with pytest.raises(ModelFileError) as caught:
        read_state(path, "resnet34")
    assert "does not hold the weights of resnet34: lacks layer1.2.conv1.weight" in str(caught.value)
    assert "more" in caught.value.message
    assert caught.value.hint == "these are the tensors of resnet18: --net resnet18"
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("layer3.0.downsample.1.running_var"),
         "lacks layer3.0.downsample.1.running_var"),
        (lambda s: s.update({"extra.weight": torch.zeros(3)}), "extra.weight is left over"),
        (lambda s: s.update({"conv1.weight": torch.zeros(64, 3, 3, 3)}),
         "conv1.weight is 64x3x3x3 where 64x3x7x7 belongs"),
        (lambda s: s["fc.bias"].fill_(torch.nan), "values that are not numbers, for fc1.bias"),
        (lambda s: s.update({"fc.bias": torch.zeros(2, dtype=torch.int32)}), "int32, not floats"),
    ],
)  # fmt: skip
def test_a_state_that_is_not_whole_is_refused(change, message, tmp_path):
    state = small_state()
    change(state)
    path = saved(state, tmp_path / "state.safetensors")
    with pytest.raises(ModelFileError) as caught:
        read_state(path, "resnet18")
    assert message in caught.value.message


def test_tensors_of_no_network_known(tmp_path):
    path = saved({"a.weight": torch.zeros(2, 2)}, tmp_path / "a.safetensors")
    with pytest.raises(ModelFileError, match="no network known") as caught:
        read_state(path, None)
    assert "--net" in caught.value.hint
    empty = saved({}, tmp_path / "empty.safetensors")
    with pytest.raises(ModelFileError, match="no network known"):
        read_state(empty, None)
    with pytest.raises(ModelFileError, match="does not hold the weights of vgg16"):
        read_state(empty, "vgg16")


def test_a_truncated_file(state, tmp_path):
    path = saved(state, tmp_path / "state.safetensors")
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(ModelFileError, match="not a whole safetensors file"):
        read_state(path, "resnet18")
