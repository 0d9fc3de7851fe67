"""The map of the data: pictures as points, near each other where the network sees them alike."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.errors import DataError, SettingsError
from convlens.lens.opened import open_network
from convlens.training.transfer import weighted_layers

Projection = Literal["pca", "tsne", "umap"]

MOST_POINTS: dict[Projection, int] = {"pca": 10_000, "tsne": 2_000, "umap": 10_000}
"""Pictures placed at most, chosen at random; t-SNE takes a minute for so many."""

DIMENSIONS = 50
"""Principal components that t-SNE and UMAP begin with, as their authors advise."""

PERPLEXITY = 30.0
"""Neighbours that t-SNE keeps near each picture, about; fewer where there are few pictures."""

THUMBNAIL = 32
"""Longest side of a thumbnail, in pixels."""

BATCH_VALUES = 1 << 25
"""Values of activations in a pass: 128 MiB."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """N pictures placed by the vectors of the last hidden layer.

    ``points`` (N, 2) float64 in the projection's own units, which mean nothing for ``tsne`` and
    ``umap`` but nearness. ``labels`` and ``predicted`` (N,) index ``classes``; ``indices`` (N,) are
    the pictures' places in the data given, ``total`` how many that has, ``names`` their files.
    ``explained`` (2,) are the shares of the variance along the axes, None but for ``pca``.
    ``thumbnails`` (N, h, w, C) uint8. ``layer`` is the one whose input the vectors are,
    ``dimensions`` how long they are.
    """

    points: NDArray[np.float64]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    indices: NDArray[np.int64]
    total: int
    names: tuple[str, ...]
    classes: tuple[str, ...]
    explained: NDArray[np.float64] | None
    thumbnails: NDArray[np.uint8]
    method: Projection
    layer: str
    dimensions: int

    def _repr_html_(self) -> str:
        from convlens.lens.findings import embedding_html

        return embedding_html(self)


def embed(
    classifier: Classifier,
    pictures: Pictures,
    method: Projection = "pca",
    *,
    most: int | None = None,
    seed: int = 0,
) -> Embedding:
    """Place ``pictures``, whose labels index the classifier's classes, in two dimensions.

    Of more than ``most`` pictures (10,000; 2,000 for t-SNE) so many are chosen at random. The same
    ``seed`` gives the same points. Raises SettingsError for an unknown method or where UMAP is not
    installed, DataError where there are fewer than three pictures, or of another size.
    """
    if method not in get_args(Projection):
        raise SettingsError(
            f"there is no projection `{method}`", f"choose {', '.join(get_args(Projection))}"
        )
    if len(pictures) < 3:
        raise DataError(f"a map of {len(pictures)} pictures says nothing", "give three or more")
    if most is not None and most < 3:
        raise SettingsError(f"a map of at most {most} pictures says nothing", "say 3 or more")
    _check(classifier, pictures)
    chosen = subset(len(pictures), most or MOST_POINTS[method], seed)
    some = pictures if len(chosen) == len(pictures) else pictures.take(chosen)
    layer, vectors, scores = hidden_vectors(classifier, some.pixels)
    points, explained = project(vectors, method, seed)
    return Embedding(
        points=points,
        labels=some.labels,
        predicted=scores.argmax(axis=1).astype(np.int64),
        indices=chosen,
        total=len(pictures),
        names=some.names,
        classes=classifier.classes,
        explained=explained,
        thumbnails=thumbnails(some.pixels),
        method=method,
        layer=layer,
        dimensions=vectors.shape[1],
    )


def _check(classifier: Classifier, pictures: Pictures) -> None:
    """Raise DataError where the pictures are not such as the network takes."""
    shape, expected = pictures.pixels.shape[1:], classifier.preprocessing.geometry.shape
    if shape != expected:
        raise DataError(
            f"the pictures are {shape}, the network's {expected}",
            "bring them to size with classifier.pixels",
        )
    low, high = int(pictures.labels.min()), int(pictures.labels.max())
    if low < 0 or high >= len(classifier.classes):
        raise DataError(
            f"a label is {low if low < 0 else high}; there are {len(classifier.classes)} classes"
        )


def subset(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """Indices of at most ``most`` of ``count`` things, in their order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


@torch.inference_mode()
def hidden_vectors(
    classifier: Classifier, pixels: NDArray[np.uint8]
) -> tuple[str, NDArray[np.float32], NDArray[np.float32]]:
    """What the last layer with units or filters reads of pixels (N, H, W, C).

    Returns that layer's name, the vectors (N, D) and the scores (N, classes). Before an FC a vector
    is the whole volume; before a CONV the mean of each channel.
    """
    opened = open_network(classifier)
    name = weighted_layers(opened.network)[-1]
    head = opened.network.get_submodule(name)
    vectors: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0]
        vectors.append(x.flatten(1) if isinstance(module, nn.Linear) else x.mean((2, 3)))

    handle = head.register_forward_pre_hook(keep)
    batch = max(1, min(256, BATCH_VALUES // opened.plan.activations))
    try:
        scores = [
            opened.network(opened.normalised(pixels[begin : begin + batch]))
            for begin in range(0, len(pixels), batch)
        ]
    finally:
        handle.remove()
    return name.rpartition(".")[2], torch.cat(vectors).numpy(), torch.cat(scores).numpy()


def project(
    vectors: NDArray[np.float32], method: Projection, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Vectors (N, D) to points (N, 2), and for PCA the shares of the variance (2,)."""
    if method == "pca":
        return principal(vectors, 2, seed)
    few, _ = principal(vectors, DIMENSIONS, seed)
    if method == "umap":
        return _umap(few, seed), None
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(few)
    return np.asarray(placed, np.float64), None


def principal(
    vectors: NDArray[np.float32], dimensions: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors (N, D) along their first principal components, at most so many but two at least.

    Points (N, d) and the shares of the variance (d,). Each component points where its largest
    weight is positive; components that are not there (of single numbers) are zeros.
    """
    from sklearn.decomposition import PCA

    count = min(dimensions, *vectors.shape)
    values = vectors.astype(np.float64)
    if not np.ptp(values, axis=0).any():  # all alike: nothing to lay out
        return np.zeros((len(values), 2)), np.zeros(2)
    pca = PCA(count, random_state=seed).fit(values)
    points, shares = pca.transform(values), pca.explained_variance_ratio_
    if count < 2:
        points, shares = np.pad(points, ((0, 0), (0, 1))), np.pad(shares, (0, 1))
    return points, shares


def _umap(vectors: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    try:
        umap = importlib.import_module("umap")
    except ImportError as error:
        raise SettingsError(
            "the projection umap wants the package umap-learn",
            "install it: pip install umap-learn, or take pca or tsne",
        ) from error
    neighbours = min(15, len(vectors) - 1)
    placed: Any = umap.UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
    return np.asarray(placed.fit_transform(vectors), np.float64)


def thumbnails(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels (N, H, W, C) with no side longer than THUMBNAIL."""
    _, height, width, channels = pixels.shape
    shrink = max(height, width) / THUMBNAIL
    if shrink <= 1:
        return pixels
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = np.empty((len(pixels), size[1], size[0], channels), np.uint8)
    for number, picture in enumerate(pixels):
        image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
        reduced = np.asarray(image.resize(size, Image.Resampling.BOX))
        small[number] = reduced.reshape(size[1], size[0], channels)
    return small
