"""Steps of ConvNetJS' CIFAR-10 network in Keras: for each line of input, pictures a second.

usage: python keras_steps.py BATCH
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

PICTURES = 5120


def main() -> None:
    convolutions = []
    for filters in (16, 20, 20):
        convolutions += [
            layers.Conv2D(filters, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
        ]
    model = keras.Sequential(
        [layers.Input((32, 32, 3)), *convolutions, layers.Flatten(), layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss=loss)
    random = np.random.default_rng(0)
    pictures = random.normal(size=(PICTURES, 32, 32, 3)).astype(np.float32)
    labels = random.integers(0, 10, PICTURES)
    for _ in sys.stdin:
        begun = time.perf_counter()
        model.fit(pictures, labels, batch_size=int(sys.argv[1]), epochs=1, verbose=0)
        print(PICTURES / (time.perf_counter() - begun), flush=True)


if __name__ == "__main__":
    main()
