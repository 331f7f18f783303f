"""Disclosure documents: tables and statements from results, as data frames, Excel, HTML and Markdown.

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.disclosure.document import Document as Document
    from carbonacct.disclosure.document import Section as Section
    from carbonacct.disclosure.iso14064 import inventory_report as inventory_report
    from carbonacct.disclosure.jrt0227 import environmental_report as environmental_report

_WHERE = {
    "Document": "document",
    "Section": "document",
    "environmental_report": "jrt0227",
    "inventory_report": "iso14064",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE)
