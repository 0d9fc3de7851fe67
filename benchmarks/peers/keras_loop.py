"""CIFAR-10 by Keras 3: the convolutional network of TensorFlow's tutorial, from the folder.

Prints a line of JSON after each epoch: seconds since the start, time of judging left out, and the
test accuracy.

usage: python keras_loop.py DATA --epochs N
"""

from __future__ import annotations

import time

BEGUN = time.monotonic()

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers


def network() -> keras.Model:
    """TensorFlow's tutorial 'Convolutional Neural Network (CNN)'."""
    return keras.Sequential(
        [
            layers.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


class Judge(keras.callbacks.Callback):
    """Judges after every epoch, off the clock."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        self.data, self.judging = data, 0.0

    def on_epoch_end(self, epoch, logs=None):
        stopped = time.monotonic()
        test = pictures(self.data / "test", shuffle=False)
        found = self.model.evaluate(test, verbose=0)[1]
        spent = stopped - BEGUN - self.judging
        self.judging += time.monotonic() - stopped
        print(json.dumps({"seconds": spent, "test_accuracy": found}), flush=True)


def pictures(folder: Path, shuffle: bool):
    """What Keras makes of a folder."""
    return keras.utils.image_dataset_from_directory(
        folder, image_size=(32, 32), batch_size=32, shuffle=shuffle, seed=0, verbose=False
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    model = network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    train = pictures(options.data / "train", shuffle=True).cache().prefetch(2)
    model.fit(train, epochs=options.epochs, verbose=0, callbacks=[Judge(options.data)])


if __name__ == "__main__":
    main()
