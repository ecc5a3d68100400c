"""The installation's secret: made once, private, and the source of every other key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.db.engine import Login
from app.errors import ConfigurationError
from app.runtime.secrets import derive, installation_secret, login_passwords
from app.settings import Settings


def test_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    secret = installation_secret(settings)
    assert installation_secret(settings) == secret
    assert len(secret) >= 32
    path = tmp_path / "secrets" / "secret_key"
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_half_written_file_is_made_again(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").write_text("")
    assert len(installation_secret(settings)) >= 32


def test_a_short_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="longer"):
        installation_secret(Settings(data_dir=tmp_path, secret_key=SecretStr("short")))


def test_keys_differ_by_purpose() -> None:
    secret = "s" * 40
    passwords = set(login_passwords(secret).values())
    assert len(passwords) == len(Login)
    assert derive(secret, "a") == derive(secret, "a") != derive(secret, "b")
    assert derive(secret, "a") not in passwords
