"""The service: everything that serves a request.

What would call home is told not to, here, before anything imports it.
"""

from __future__ import annotations

import os

QUIET = {
    "DO_NOT_TRACK": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
}
"""unstructured, which advertises too, the model hub's client, and the ONNX runtime, which has
reported use since 1.29."""
_UNLESS_TOLD = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
"""Models come from folders; a tokeniser that forks warns."""


def keep_quiet() -> None:
    """Set it for this process and all that it starts."""
    os.environ.update(QUIET)
    for name, value in _UNLESS_TOLD.items():
        os.environ.setdefault(name, value)


keep_quiet()
