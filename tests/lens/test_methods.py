"""The four methods held to Captum's, to what they promise, and to leaving nothing behind."""

import importlib

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convlens import SettingsError
from convlens.lens.methods import (
    AT_ONCE,
    INTEGRATION_STEPS,
    PATCHES,
    attributed,
    gradcam,
    gradient,
    integrated,
    last_with_extent,
    occlusion,
)
from convlens.lens.opened import open_network
from tests.lens.making import BRANCHED, classifier_of, classifiers, picture_for

METHODS = ("gradient", "integrated", "gradcam", "occlusion")
RESIDUAL = (
    "CONV 6@3x3 - BN - RELU - POOL floor - RES[CONV 8 - RELU - CONV 8] - RELU - GLOBALPOOL - FC"
)
GELU = "CONV 6@5x5/2 floor - GELU - RES[CONV 6 - GELU] - DROPOUT 0.3 - FC 7 - TANH - FC"
FLAT = "FC 9 - RELU - FC - SVM"
NETWORKS = [
    (BRANCHED.removeprefix("INPUT - "), (12, 10, 3)),
    (RESIDUAL, (26, 17, 3)),
    (RESIDUAL, (16, 32, 1)),
    (GELU, (21, 9, 1)),
    ("CONV 8 valid - RELU - POOL 3x3/2 floor - CONV 8 - LRN - RELU - FC - SOFTMAX", (23, 23, 3)),
    (FLAT, (5, 3, 3)),
    ("DROPOUT 0.5 - FC", (7, 7, 1)),
]
CASES = [
    (*one, method)
    for one in NETWORKS
    for method in METHODS
    if (one[0], method) != (FLAT, "gradcam")  # it has no layer with extent
]


def opened_with_input(net, size, seed=0):
    """A random network in float64, and a picture as it takes it."""
    classifier = classifier_of(net, size, seed=seed)
    opened = open_network(classifier, torch.float64)
    return opened, opened.normalised(picture_for(classifier, seed)[None])


def referee(method, network, x, target, module=None, at_once=AT_ONCE):
    """The map (H, W) by Captum."""
    captum = importlib.import_module("captum.attr")
    x = x.clone().requires_grad_()
    if method == "gradient":
        return captum.Saliency(network).attribute(x, target=target).amax(1)[0]
    if method == "integrated":
        found = captum.IntegratedGradients(network).attribute(
            x, target=target, n_steps=INTEGRATION_STEPS, internal_batch_size=at_once
        )
        return found.sum(1)[0].detach()
    if method == "gradcam":
        found = captum.LayerGradCam(network, module).attribute(
            x, target=target, relu_attributions=True
        )
        return captum.LayerAttribution.interpolate(found, x.shape[2:], "bilinear")[0, 0].detach()
    sides = [max(1, round(side / PATCHES)) for side in x.shape[2:]]
    strides = [max(1, side // 2) for side in sides]
    with torch.no_grad():
        found = captum.Occlusion(network).attribute(
            x,
            sliding_window_shapes=(x.shape[1], *sides),
            strides=(x.shape[1], *strides),
            target=target,
            perturbations_per_eval=at_once,
        )
    return found.mean(1)[0]


def ours(method, network, x, target, module=None, at_once=AT_ONCE):
    """The map (H, W), not yet rounded to float32."""
    if method == "gradient":
        return gradient(network, x, target)
    if method == "gradcam":
        return gradcam(network, x, target, module)
    return {"integrated": integrated, "occlusion": occlusion}[method](network, x, target, at_once)


def agree(found, expected):
    """Whether two maps are one but for rounding in float64; Captum holds some of it in float32."""
    assert found.shape == expected.shape
    scale = float(expected.abs().max())
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6 * scale)


@pytest.mark.parametrize(("net", "size", "method"), CASES)
def test_maps_are_captums(net, size, method):
    pytest.importorskip("captum.attr")
    opened, x = opened_with_input(net, size)
    module = opened.module(last_with_extent(opened.plan)) if method == "gradcam" else None
    for target in (0, 3):
        expected = referee(method, opened.network, x, target, module)
        assert method == "gradcam" or expected.abs().max() > 0
        agree(ours(method, opened.network, x, target, module), expected)


def has_extent(opened):
    """Whether any layer's output is more than one cell."""
    return any(row.output.width * row.output.height > 1 for row in opened.plan.rows)


@pytest.mark.parametrize("layer", ["conv1", "bn1", "relu1", "pool1", "res1", "relu3"])
def test_gradcam_at_any_layer_is_captums(layer):
    pytest.importorskip("captum.attr")
    opened, x = opened_with_input(RESIDUAL, (18, 12, 3), seed=4)
    module = opened.module(layer)
    expected = [referee("gradcam", opened.network, x, target, module) for target in range(4)]
    assert max(one.max() for one in expected) > 0
    for target, one in enumerate(expected):
        agree(gradcam(opened.network, x, target, module), one)


@settings(max_examples=40, deadline=None)
@given(classifiers(5), st.sampled_from(METHODS), st.integers(1, 9), st.data())
def test_maps_of_any_network_are_captums(classifier, method, at_once, data):
    pytest.importorskip("captum.attr")
    target = data.draw(st.integers(0, len(classifier.classes) - 1))
    opened = open_network(classifier, torch.float64)
    x = opened.normalised(picture_for(classifier)[None])
    assume(method != "gradcam" or has_extent(opened))
    module = opened.module(last_with_extent(opened.plan)) if method == "gradcam" else None
    expected = referee(method, opened.network, x, target, module)
    assume(bool(expected.isfinite().all()))
    agree(ours(method, opened.network, x, target, module, at_once), expected)


@pytest.mark.parametrize(("size", "seed"), [((12, 10, 3), 1), ((9, 20, 1), 2)])
def test_integrated_gradients_of_smooth_networks_are_complete(size, seed):
    """They add up to the score's difference from the mean picture's, to quadrature's precision."""
    smooth = "CONV 6 - GELU - RES[CONV 6 - TANH] - POOL 2x2 avg floor - CONV 8 - SILU - FC"
    opened, x = opened_with_input(smooth, size, seed)
    with torch.no_grad():
        scores, of_mean = opened.network(torch.cat([x, torch.zeros_like(x)]))
    for target in range(4):
        difference = float(scores[target] - of_mean[target])
        assert abs(difference) > 0.05
        found = float(integrated(opened.network, x, target).sum())
        assert found == pytest.approx(difference, rel=1e-5)


@pytest.mark.parametrize("net", [GELU, RESIDUAL])
def test_the_gradient_is_the_numeric_one_of_every_class(net):
    opened, x = opened_with_input(net, (9, 7, 1), seed=3)
    nudge, (height, width) = 1e-6, x.shape[2:]
    nudges = nudge * torch.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape[1:])
    with torch.no_grad():
        slopes = (opened.network(x + nudges) - opened.network(x - nudges)) / (2 * nudge)
    for target in range(4):
        numeric = slopes[:, target].view(height, width).abs()
        found = gradient(opened.network, x, target)
        np.testing.assert_allclose(found.numpy(), numeric.numpy(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("at_once", [1, 5, 1000])
def test_no_pass_takes_more_pictures_than_at_once(method, at_once):
    opened, x = opened_with_input(RESIDUAL, (20, 11, 3))
    layer = last_with_extent(opened.plan)
    passes = []
    opened.network.register_forward_pre_hook(lambda _, inputs: passes.append(len(inputs[0])))
    found = attributed(opened, x, 1, method, layer, at_once)
    pictures = {"integrated": INTEGRATION_STEPS, "occlusion": 19 * 11 + 1}  # patches of 2x1
    assert max(passes) <= at_once
    assert sum(passes) == pictures.get(method, 1)
    again = attributed(opened, x, 1, method, layer)
    np.testing.assert_allclose(found, again, rtol=1e-5, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("net", [RESIDUAL, "DROPOUT 0.5 - BN - FC"])
@pytest.mark.parametrize("gradients", [True, False])
def test_nothing_is_left_behind(net, method, gradients):
    opened, x = opened_with_input(net, (12, 12, 3))
    network = opened.network.requires_grad_(gradients)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    given, torch_random = x.clone(), torch.get_rng_state()
    with torch.set_grad_enabled(gradients):
        found = attributed(opened, x, 2, method, last_with_extent(opened.plan))
    assert found.shape == (12, 12)
    assert torch.equal(x, given)
    assert (x.requires_grad, x.grad) == (False, None)
    assert torch.equal(torch.get_rng_state(), torch_random)
    for module in network.modules():
        assert not module.training
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks
    for parameter in network.parameters():
        assert parameter.grad is None
        assert parameter.requires_grad is gradients
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name])


def test_given_up_half_way_gradcam_leaves_no_hook():
    opened, x = opened_with_input(RESIDUAL, (12, 12, 3))

    def give_up(*_):
        raise KeyboardInterrupt

    handle = opened.module("fc1").register_forward_pre_hook(give_up)
    with pytest.raises(KeyboardInterrupt):
        attributed(opened, x, 0, "gradcam", "relu3")
    handle.remove()
    assert not any(module._forward_hooks for module in opened.network.modules())


def test_the_last_layer_with_extent_is_the_one_before_all_is_one_cell():
    plan = classifier_of(RESIDUAL).model.plan()
    assert last_with_extent(plan) == "relu3"
    with pytest.raises(SettingsError, match="gradcam needs a layer") as caught:
        last_with_extent(classifier_of("FC 5 - RELU - FC").model.plan())
    assert "occlusion" in caught.value.hint
