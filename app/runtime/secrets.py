"""The installation's one secret and every password and key that derives from it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from app.db.engine import Login
from app.errors import ConfigurationError
from app.settings import Settings

LENGTH = 32
SOURCES = "source secrets"
"""What the key is for that seals the secrets with which sources are read."""


def installation_secret(settings: Settings) -> str:
    """The secret from the settings, or the one kept in the data folder, made at its first use.

    Raises ConfigurationError when it is too short or its file cannot be read.
    """
    if settings.secret_key is not None:
        secret = settings.secret_key.get_secret_value()
        if len(secret) < LENGTH:
            raise ConfigurationError(
                f"PORTCULLIS_SECRET_KEY has fewer than {LENGTH} characters; use a longer one"
            )
        return secret
    path = settings.root / "secrets" / "secret_key"
    try:
        return _read_or_make(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read or written ({error.strerror}); give the folder to the user"
            " who runs Portcullis"
        ) from error


def derive(secret: str, purpose: str) -> str:
    """A key for one purpose: HMAC-SHA256 (RFC 2104) of the purpose's name, 64 hex digits."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def login_passwords(secret: str) -> dict[Login, str]:
    """The password of each of the database's logins."""
    return {login: derive(secret, f"database:{login.value}") for login in Login}


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_text(encoding="ascii").strip()
        if len(secret) >= LENGTH:
            return secret
        path.unlink()  # a start was killed between making and writing it; nothing used it yet
        return _read_or_make(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        secret = secrets.token_urlsafe(LENGTH)
        file.write(secret)
    return secret
