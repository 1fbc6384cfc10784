"""Rows and events of extensions, numbers and trunks; their events belong to the customer's stream."""

from typing import Final

from mixminus.directory.errors import ExtensionNotFound, NumberNotFound, TrunkNotFound
from mixminus.store.published import PublishedRows
from mixminus.wire.directory import ExtensionView, NumberView, TrunkView

__all__ = ["EXTENSIONS", "NUMBERS", "TRUNKS"]

EXTENSIONS: Final = PublishedRows(
    lambda tx: tx.extensions,
    ExtensionView.render,
    lambda extension_id: ExtensionNotFound(f"no extension {extension_id}"),
)
NUMBERS: Final = PublishedRows(
    lambda tx: tx.numbers, NumberView.render, lambda number_id: NumberNotFound(f"no number {number_id}")
)
TRUNKS: Final = PublishedRows(
    lambda tx: tx.trunks, TrunkView.render, lambda trunk_id: TrunkNotFound(f"no trunk {trunk_id}")
)
