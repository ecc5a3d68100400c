"""What office files state about themselves: properties that people and labelling programs set."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lxml import etree

LARGEST = 2_000_000
"""Bytes of a part of a file that lists properties; a larger one is not looked at."""
_PARTS = ("docProps/custom.xml", "docProps/core.xml", "meta.xml")
"""OOXML keeps them in the first two, ODF in the last."""
_LABEL = re.compile(r"msip_label_[0-9a-f-]+_name")
"""The name of a sensitivity label of Microsoft Purview, for the tenant that set it."""


def properties(mime: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Names with values; nothing where the file is no office file. A label of Purview is stated as
    `sensitivity`. Raises zipfile.BadZipFile and etree.XMLSyntaxError for a broken one."""
    if "officedocument" not in mime and "opendocument" not in mime:
        return
    with zipfile.ZipFile(BytesIO(content)) as packed:
        for entry in packed.infolist():
            if entry.filename in _PARTS and entry.file_size <= LARGEST:
                parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
                yield from _stated(etree.fromstring(packed.read(entry), parser))


def _stated(tree: Any) -> Iterator[tuple[str, str]]:
    for element in tree.iter("{*}*"):
        if any(len(child) for child in element):
            continue  # a list of properties, and none itself
        value = "".join(element.itertext()).strip()
        named = next((v for k, v in element.items() if etree.QName(k).localname == "name"), "")
        name = named or etree.QName(element).localname
        if value:
            yield "sensitivity" if _LABEL.fullmatch(name.lower()) else name, value
