"""Terms in words, with their numbers."""

from __future__ import annotations

from convlens.lens.terms import (
    Joined,
    Largest,
    Normalised,
    Pointwise,
    Products,
    ResponseNorm,
    Sum,
    Terms,
    Window,
)


def number(value: float) -> str:
    """Four significant digits, with a real minus sign."""
    return f"{value:.4g}".replace("-", "−")


def said(terms: Terms, reads: str) -> str:
    """One line that says how the value comes about, from the values of ``reads``."""
    match terms:
        case Products():
            products = terms.products
            bias = "" if terms.bias is None else f" + bias {number(terms.bias)}"
            around = int(products.shape[0] * (~terms.inside).sum())
            outside = f", {around} of them with padding" if around else ""
            return (
                f"the sum of {products.size:,} products of {reads}{outside}: "
                f"{number(float(products.sum()))}{bias} = {number(terms.total)}"
            )
        case Window():
            how = {"max": "the largest", "avg": "the mean", "l2": "the L2 norm"}[terms.kind]
            at = "" if terms.winner is None else f", at x={terms.winner[0]}, y={terms.winner[1]}"
            return f"{how} of {int(terms.inside.sum())} values of {reads}{at}"
        case Pointwise():
            return f"{terms.formula} at x = {number(terms.value)}"
        case Normalised():
            return (
                f"({number(terms.value)} − mean {number(terms.mean)}) / "
                f"√(variance {number(terms.variance)} + {number(terms.epsilon)}) · "
                f"{number(terms.scale)} + {number(terms.shift)}"
            )
        case ResponseNorm():
            return (
                f"{number(terms.value)} / {number(terms.divisor)}, which is "
                f"(k + alpha/n · Σ x²)^beta over {len(terms.neighbours)} neighbours in depth"
            )
        case Largest():
            return f"the largest of {len(terms.inputs)} neighbours in depth: channel {terms.winner}"
        case Sum():
            return (
                f"{terms.body_end} {number(terms.body)} + "
                f"{terms.shortcut_end} {number(terms.shortcut)}"
            )
        case Joined():
            return f"channel {terms.channel} of {terms.end}, in branch {terms.branch + 1}"
