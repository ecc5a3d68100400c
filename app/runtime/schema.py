"""Bring the database that the settings name to this version's schema."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from app.authz.levels import load_leases, load_levels
from app.db.migrate import upgrade
from app.errors import ConfigurationError, DatabaseUnavailable
from app.inference.embed import embedding_dimensions
from app.runtime.secrets import installation_secret, login_passwords
from app.settings import Settings


def migrate(settings: Settings) -> None:
    """As the database's owner. Raises ConfigurationError and DatabaseUnavailable."""
    if settings.database_url is None:
        raise ConfigurationError("set PORTCULLIS_DATABASE_URL to the database to migrate")
    levels = load_levels(settings.policies)
    try:
        upgrade(
            settings.database_url.get_secret_value(),
            login_passwords(installation_secret(settings)),
            levels,
            embedding_dimensions(settings.embedding_model),
            load_leases(settings.policies, levels),
        )
    except SQLAlchemyError as error:
        raise DatabaseUnavailable(
            f"the database could not be migrated ({type(error).__name__}); its URL must name its"
            " owner, with CREATEROLE, and the extension vector must be there"
        ) from error
