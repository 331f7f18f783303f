"""Electronic labels: footprint and neutrality, drawn with a QR code whose payload is signed and can be verified.

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.labels.draw import png as png
    from carbonacct.labels.draw import svg as svg
    from carbonacct.labels.label import Label as Label
    from carbonacct.labels.label import must_withdraw as must_withdraw
    from carbonacct.labels.label import read_label as read_label
    from carbonacct.labels.payload import Sealed as Sealed
    from carbonacct.labels.payload import Verification as Verification
    from carbonacct.labels.payload import new_key as new_key
    from carbonacct.labels.payload import seal as seal
    from carbonacct.labels.payload import verify as verify

_WHERE = {
    "png": "draw",
    "svg": "draw",
    "Label": "label",
    "must_withdraw": "label",
    "read_label": "label",
    "new_key": "payload",
    "seal": "payload",
    "Sealed": "payload",
    "Verification": "payload",
    "verify": "payload",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE)
