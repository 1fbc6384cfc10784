"""Rows and events of extensions, numbers and trunks; their events belong to the customer's stream."""

from typing import Final

from mixminus.directory.errors import ExtensionNotFound, NumberNotFound, TrunkNotFound
from mixminus.directory.render import render_extension, render_number, render_trunk
from mixminus.store.published import PublishedRows

__all__ = ["EXTENSIONS", "NUMBERS", "TRUNKS"]

EXTENSIONS: Final = PublishedRows(
    lambda tx: tx.extensions,
    render_extension,
    lambda extension_id: ExtensionNotFound(f"no extension {extension_id}"),
)
NUMBERS: Final = PublishedRows(
    lambda tx: tx.numbers, render_number, lambda number_id: NumberNotFound(f"no number {number_id}")
)
TRUNKS: Final = PublishedRows(
    lambda tx: tx.trunks, render_trunk, lambda trunk_id: TrunkNotFound(f"no trunk {trunk_id}")
)
