"""Everything that a run needs to go on from a point, as tensors and plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from convlens.training.keeper import Keeper
from convlens.training.optimizers import Optimizers
from convlens.training.rules import Rule

WEIGHTS, BEST, OPTIMIZER, SAFE = "weights.", "best.", "optimizer.", "safe."
"""Beginnings of the names of tensors, by what they belong to."""


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """A run at rest: copies of its tensors by name, and all else as JSON has it."""

    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]


def tensors_of(network: nn.Module, optimizers: Optimizers, keeper: Keeper) -> dict[str, Tensor]:
    """Copies of all tensors that training changes, by their names in a State."""
    found = {WEIGHTS + name: value for name, value in network.state_dict().items()}
    for rule, name, parameter in _trained(network, optimizers):
        for key, value in rule.state[parameter].items():
            found[f"{OPTIMIZER}{name}/{key}"] = torch.as_tensor(value)
    copies = {name: value.detach().clone() for name, value in found.items()}
    return copies | {BEST + name: value for name, value in keeper.state.items()}


def put_tensors(
    tensors: Mapping[str, Tensor], network: nn.Module, optimizers: Optimizers, keeper: Keeper
) -> None:
    """The reverse of ``tensors_of``. Raises ValueError where they do not fit ``network``."""
    weights, best = _part(tensors, WEIGHTS), _part(tensors, BEST)
    own = network.state_dict()
    if own.keys() != weights.keys() or any(own[k].shape != v.shape for k, v in weights.items()):
        raise ValueError("the weights are those of another network")
    network.load_state_dict(weights)
    keeper.state = best
    remembered = _part(tensors, OPTIMIZER)
    for rule, name, parameter in _trained(network, optimizers):
        memory = {key: remembered.get(f"{name}/{key}") for key in rule.remembers}
        found = {key: _like(parameter, one) for key, one in memory.items() if one is not None}
        rule.state[parameter] = found if len(found) == len(memory) else {}


def with_safe(state: State, safe: State) -> State:
    """``state`` with ``safe``, that of the last look before it, inside.

    The best so far is not in there twice: it changes at looks only.
    """
    more = {SAFE + name: one for name, one in safe.tensors.items() if not name.startswith(BEST)}
    return State({**state.tensors, **more}, {**state.values, SAFE: safe.values})


def safe_in(state: State) -> State | None:
    """What ``with_safe`` put into ``state``; None where nothing is."""
    if SAFE not in state.values:
        return None
    best = {name: one for name, one in state.tensors.items() if name.startswith(BEST)}
    return State({**_part(state.tensors, SAFE), **best}, state.values[SAFE])


def _part(tensors: Mapping[str, Tensor], beginning: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, the beginning taken off."""
    return {
        name.removeprefix(beginning): value
        for name, value in tensors.items()
        if name.startswith(beginning)
    }


def _trained(
    network: nn.Module, optimizers: Optimizers
) -> Iterator[tuple[Rule, str, nn.Parameter]]:
    """Each trained parameter with its name and the rule that moves it."""
    names = {parameter: name for name, parameter in network.named_parameters()}
    for rule in optimizers.parts:
        for parameter in rule.parameters:
            yield rule, names[parameter], parameter


def _like(parameter: Tensor, value: Tensor) -> Tensor:
    """A copy of ``value``, in the memory's order and on the device of ``parameter``."""
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=value.dtype).copy_(value).detach()
    return value.to(parameter.device, copy=True)
