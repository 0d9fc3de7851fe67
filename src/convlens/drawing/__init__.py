"""A network as a picture: the row of its volumes, in the manner of the papers, as SVG."""

from convlens.drawing.picture import draw

__all__ = ["draw"]
