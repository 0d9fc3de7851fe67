"""The torch module against the notation's own arithmetic, and layers against plain definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from convlens.modelfile import tensor_shapes
from convlens.network.build import Network
from convlens.network.modules import L2Pool
from convlens.notation import Architecture, Sides, Volume
from tests.notation.strategies import architectures_on_inputs
from tests.same import same_values


@settings(max_examples=1000, deadline=None)
@given(architectures_on_inputs())
def test_volumes_and_parameters_are_those_of_the_torch_module(case):
    architecture, volume, classes = case
    plan = architecture.plan(volume, classes)
    network = Network(plan).eval()
    seen = outputs_by_name(network, torch.zeros(2, volume.depth, volume.height, volume.width))
    for _, row in plan.walk():
        assert seen[row.name] == (2, row.output.depth, row.output.height, row.output.width), row
    learned = sum(p.numel() for p in network.parameters())
    assert learned == plan.parameters
    held = {k: tuple(v.shape) for k, v in network.state_dict().items() if "num_batches" not in k}
    assert held == tensor_shapes(plan)


def outputs_by_name(network, pictures):
    """Shapes of what every module under a row's name gave, by that name."""
    shapes, hooks = {}, []
    for path, module in network.named_modules():
        name = path.rpartition(".")[2]

        def note(module, inputs, output, name=name):
            shapes[name] = tuple(output.shape)

        hooks.append(module.register_forward_hook(note))
    with torch.no_grad():
        network(pictures)
    for hook in hooks:
        hook.remove()
    return shapes


def run(text, pictures, **weights):
    _, depth, height, width = pictures.shape
    network = Network(Architecture(text).plan((width, height, depth), classes=None)).eval()
    network.load_state_dict(
        {k.replace("__", "."): torch.as_tensor(v) for k, v in weights.items()}, strict=False
    )
    with torch.no_grad():
        return network(pictures)


def windows(x, size, stride, sides, outside):
    """Every window of one (H, W) slice, as a plain nested loop finds them."""
    padded = np.pad(
        x, ((sides.top, sides.bottom), (sides.left, sides.right)), constant_values=outside
    )
    height = (padded.shape[0] - size) // stride + 1
    width = (padded.shape[1] - size) // stride + 1
    return [
        [
            padded[i * stride : i * stride + size, j * stride : j * stride + size]
            for j in range(width)
        ]
        for i in range(height)
    ]


@pytest.mark.parametrize(
    "text", ["2x2", "3x3/2 floor", "3x3/2 pad 1 floor", "3x3/2 ceil", "3x3/1 same"]
)
@pytest.mark.parametrize("kind", ["max", "avg", "l2"])
def test_pooling_is_its_definition_on_each_depth_slice_alone(text, kind):
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 3, 8, 8)).astype(np.float32)
    end = "GLOBALPOOL avg - FC 1"
    architecture = Architecture(f"INPUT 8x8x3 - POOL {text} {kind} - {end}")
    row = architecture.plan(classes=1).rows[0]
    pool = Network(architecture.plan(classes=1))[0]
    found = pool(torch.from_numpy(x)).numpy()
    reduce = {
        "max": np.nanmax,
        "avg": np.nanmean,
        "l2": lambda window: math.sqrt(np.nansum(window * window)),
    }[kind]
    for picture in range(2):
        for channel in range(3):
            expected = windows(
                x[picture, channel], row.layer.kernel[0], row.layer.stride, row.padding, np.nan
            )
            expected = [[reduce(window) for window in line] for line in expected]
            np.testing.assert_allclose(found[picture, channel], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "4@3x3",
        "4@3x3/2",
        "4@3x3 valid",
        "4@3x3 dilate 2",
        "4@3x3 groups 2",
        "4@2x2",
        "4@3x3/2 pad 1 floor",
    ],
)
def test_convolution_is_dot_products_through_the_full_depth(text):
    random = np.random.default_rng(1)
    x = random.normal(size=(1, 2, 7, 7)).astype(np.float32)
    plan = Architecture(f"INPUT 7x7x2 - CONV {text} - FC 1").plan(classes=1)
    row = plan.rows[0]
    layer = row.layer
    conv = Network(plan)[0]
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    found = conv(torch.from_numpy(x)).detach().numpy()[0]
    sides = row.padding
    padded = np.pad(x[0], ((0, 0), (sides.top, sides.bottom), (sides.left, sides.right)))
    share = 2 // layer.groups
    expected = np.empty(found.shape)
    for k in range(4):
        first = (k * layer.groups // 4) * share
        for i in range(found.shape[1]):
            for j in range(found.shape[2]):
                total = bias[k]
                for c in range(share):
                    for a in range(layer.kernel[1]):
                        for b in range(layer.kernel[0]):
                            y = i * layer.stride + a * layer.dilation
                            z = j * layer.stride + b * layer.dilation
                            total += weight[k, c, a, b] * padded[first + c, y, z]
                expected[k, i, j] = total
    same_values(found, expected)


def test_fully_connected_reads_depth_by_depth_and_row_by_row():
    x = torch.arange(2 * 2 * 3, dtype=torch.float32).view(1, 2, 3, 2)  # 2 wide, 3 high, 2 deep
    weight = np.arange(12, dtype=np.float32)[None]
    scores = run("FC 1", x, fc1__weight=weight, fc1__bias=np.array([1.0], np.float32))
    assert float(scores) == 1 + sum(i * i for i in range(12))


@pytest.mark.parametrize(
    "text",
    [
        "CONV 4@3x3/2 - FC 3",
        "POOL 3x3/2 avg floor - FC 3",
        "POOL 2x2 l2 - FC 3",
        "POOL 3x3 same - FC 3",
        "CONV 4 - MAXOUT 2 - FC 3",
        "LRN - FC 3",
        "RES[CONV 4 - TANH | CONV 4@1x1] - FC 3",
        "CAT[CONV 2 | POOL 3x3/1 avg same] - GLOBALPOOL avg - FC 3",
        "CONV 4 - BN - GELU - GLOBALPOOL max - FC 3",
    ],
)
def test_gradients_are_the_numeric_ones(text):
    torch.manual_seed(0)
    plan = Architecture(text).plan((6, 6, 2), classes=3)
    network = Network(plan).double().eval()
    x = torch.randn(2, 2, 6, 6, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(network, (x,), atol=1e-6)


def test_l2_pooling_has_a_finite_gradient_at_zero():
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    L2Pool((2, 2), 2, Sides()).forward(x).sum().backward()
    assert torch.equal(x.grad, torch.zeros_like(x))


def test_maxout_takes_the_largest_of_neighbours_in_depth():
    x = torch.randn(2, 6, 3, 3)
    found = Network(Architecture("MAXOUT 3 - FC 1").plan((3, 3, 6), classes=1))[0](x)
    assert torch.equal(found[:, 1], x[:, 3:6].amax(1))


def test_lrn_is_krizhevskys_formula():
    x = torch.rand(1, 7, 2, 2) * 10
    lrn = Network(Architecture("LRN - FC 1").plan((2, 2, 7), classes=1))[0]
    near = (x[0, 1:6] ** 2).sum(0)  # five neighbours around slice 3
    expected = x[0, 3] / (2.0 + 1e-4 / 5 * near) ** 0.75
    torch.testing.assert_close(lrn(x)[0, 3], expected)


def test_dropout_is_silent_in_evaluation_and_keeps_the_mean_in_training():
    dropout = Network(Architecture("DROPOUT 0.25 - FC 1").plan((50, 50, 4), classes=1))[0]
    x = torch.ones(1, 4, 50, 50)
    assert torch.equal(dropout.eval()(x), x)
    torch.manual_seed(0)
    dropped = dropout.train()(x)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert float(dropped.mean()) == pytest.approx(1, abs=0.03)


def test_any_layer_can_follow_a_fully_connected_one():
    plan = Architecture("FC 8 - BN - RELU - CONV 6@1x1 - MAXOUT 2 - FC").plan(Volume(5, 4, 3), 2)
    network = Network(plan)
    assert network(torch.randn(3, 3, 4, 5)).shape == (3, 2)
    assert isinstance(network.bn1, nn.BatchNorm2d)


@pytest.mark.parametrize(("depth", "n"), [(1, 5), (3, 5), (3, 6), (3, 4), (4, 1000), (6, 11)])
def test_neighbours_that_a_volume_has_not_change_nothing(depth, n):
    """However many are said, no more are computed than there are depth slices."""
    plan = Architecture(f"INPUT 3x2x{depth} - LRN n={n} alpha=0.5 - FC 2").plan()
    norm = Network(plan)[0]
    assert norm.size <= 2 * depth - 1
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, depth, 2, 3)))
    expected = nn.functional.local_response_norm(x, n, 0.5, 0.75, 2.0)
    torch.testing.assert_close(norm(x), expected)
