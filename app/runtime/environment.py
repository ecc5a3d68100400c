"""The settings as our own processes read them from their environment."""

from __future__ import annotations

import os

from app.settings import Settings


def child_environment(settings: Settings, *, demo: bool) -> dict[str, str]:
    """The whole environment of a child: ours, with what was decided meanwhile."""
    values = {
        "DATA_DIR": str(settings.root),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "CHAT_MODEL": settings.chat_model,
        "DEMO": "1" if demo else "0",
    }
    if settings.chat_url is not None:
        values["CHAT_URL"] = settings.chat_url
    for name, secret in (
        ("DATABASE_URL", settings.database_url),
        ("QUEUE_URL", settings.queue_url),
        ("CHAT_API_KEY", settings.chat_api_key),
    ):
        if secret is not None:
            values[name] = secret.get_secret_value()
    return {**os.environ, **{f"PORTCULLIS_{name}": value for name, value in values.items()}}
