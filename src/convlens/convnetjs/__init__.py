"""ConvNetJS's JSON snapshots, read and written.

The format is that of ``Net.toJSON`` in ConvNetJS 0.3.0; ConvNetJS itself, run in Node, is what the
tests hold both directions to.
"""

from convlens.convnetjs.reading import read_snapshot
from convlens.convnetjs.writing import snapshot

__all__ = ["read_snapshot", "snapshot"]
