"""Where the labelled sets lie that are not in this repository."""

from __future__ import annotations

import os
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PORTCULLIS_DATA", _PROJECT.parent / "shared/data"))
"""Unset: beside the folder of the project."""
