"""The values of a picture before anything makes 8 bits of them."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.data.colours import is_deep
from convlens.data.decoding import Raw, reason_of
from convlens.data.formats import open_picture
from convlens.data.limits import UnreadableError
from convlens.data.metadata import orientation, turned
from convlens.data.pixels import as_picture

_BYTES = (np.dtype(np.uint8), np.dtype(np.bool_))


class Original(NamedTuple):
    """A picture that is scaled or laid over something when it is decoded.

    ``values`` (H, W, C), upright: of more than 8 bits where ``deep``; of C = 4 the last are the
    transparency.
    """

    values: NDArray[Any]
    deep: bool

    @property
    def transparent(self) -> bool:
        """Whether what lies behind it shows anywhere."""
        if self.values.shape[2] < 4:
            return False
        alpha = self.values[..., 3]
        return bool((alpha < (alpha.max() if self.deep else 255)).any() or not alpha.any())


def original(raw: Raw) -> Original | None:
    """Return the values of a deep or transparent picture, None for any other.

    To be called within ``quiet()``. Raises UnreadableError.
    """
    try:
        found = _of_array(raw) if isinstance(raw, np.ndarray) else _of_image(raw)
    except UnreadableError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        raise UnreadableError(reason_of(error)) from error
    if found is not None and found.values.dtype.kind == "f" and not np.isfinite(found.values).all():
        raise UnreadableError("holds NaN or infinite values")
    return found


def _of_array(array: NDArray[Any]) -> Original | None:
    values = as_picture(array)
    deep = values.dtype not in _BYTES
    return Original(values, deep) if deep or values.shape[2] == 4 else None


def _of_image(raw: Any) -> Original | None:
    image = open_picture(io.BytesIO(raw)) if isinstance(raw, bytes) else raw
    deep = is_deep(image.mode)
    if not deep and not image.has_transparency_data:
        return None
    image.load()
    upright = turned(image, orientation(image))
    if deep:
        return Original(np.asarray(upright)[..., None], True)
    return Original(np.asarray(upright.convert("RGBA")), False)
