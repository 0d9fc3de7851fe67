"""Looking into a network while it computes, and leaving it as it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

INPUT = "input"
"""The key of the network's input among the layers' outputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Outputs and gradients (B, C, H, W) by name, and ``scores`` (B, classes), all detached."""

    outputs: Mapping[str, Tensor]
    gradients: Mapping[str, Tensor]
    scores: Tensor


def look(
    network: nn.Module, x: Tensor, paths: Mapping[str, str], target: int | None = None
) -> Seen:
    """Run ``network`` on ``x`` (B, C, H, W) in evaluation mode and keep what its layers give.

    ``paths`` names submodules by their paths. With ``target``, the index of a class, the gradients
    of that class' score with respect to each output and to the input (key ``input``) are kept too.
    Whatever happens inside, hooks are removed and every module is back in its mode; the parameters'
    gradients and whether they want any are never touched.
    """
    outputs: dict[str, Tensor] = {}
    with ExitStack() as stack:
        stack.enter_context(evaluating(network))
        stack.enter_context(torch.set_grad_enabled(target is not None))
        x = x.detach().clone().requires_grad_(target is not None)
        outputs[INPUT] = x
        for name, path in paths.items():
            stack.enter_context(hooked(network.get_submodule(path), _keep(outputs, name)))
        scores = network(x)
        gradients = {} if target is None else _gradients(scores[:, target].sum(), outputs)
    kept = {name: value.detach() for name, value in outputs.items()}
    return Seen(kept, gradients, scores.detach())


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode; each module is put back into its own mode behind it."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def hooked(module: nn.Module, note: Callable[[Tensor], None]) -> Iterator[None]:
    """``note`` is called with every output of ``module`` until the ``with`` ends."""
    handle = module.register_forward_hook(lambda _module, _inputs, output: note(output))
    try:
        yield
    finally:
        handle.remove()


def _keep(outputs: dict[str, Tensor], name: str) -> Callable[[Tensor], None]:
    def note(output: Tensor) -> None:
        outputs[name] = output

    return note


def _gradients(score: Tensor, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradients of ``score``; zero where it does not depend on an output."""
    found = torch.autograd.grad(score, list(outputs.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value) if gradient is None else gradient
        for (name, value), gradient in zip(outputs.items(), found, strict=True)
    }
