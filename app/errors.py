"""Every error that a person may see, with the sentence that tells what to do.

The docstring of a class is its message; a message may be given where more is known. `status`
is the HTTP status of the problem details that the API answers with. Messages never hold
document text, prompts, tokens or secrets.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class PortcullisError(Exception):
    """Something went wrong; the logs in the data folder say more."""

    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or ""))

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidInput(PortcullisError):
    """The request is not valid."""

    status = 400


class NotSignedIn(PortcullisError):
    """Sign in first, or send a valid bearer token; this one is missing, wrong or expired."""

    status = 401


class WrongCredentials(PortcullisError):
    """The e-mail address or the password is wrong."""

    status = 401


class TooManyAttempts(PortcullisError):
    """Too many failed sign-ins; wait a minute, then try again."""

    status = 429


class NotPermitted(PortcullisError):
    """Your role does not permit this."""

    status = 403


class NotFound(PortcullisError):
    """There is no such thing, or you may not see it."""

    status = 404


class Conflict(PortcullisError):
    """Someone else changed this at the same time; read it again, then repeat."""

    status = 409


class NoLongerKept(PortcullisError):
    """What this asks for is not kept any more."""

    status = 410


class TooLarge(PortcullisError):
    """The document is larger than the limit."""

    status = 413


class RevisionNotReached(PortcullisError):
    """The database has not reached the revision that the request asks for; ask again later."""

    status = 409


class ScopeOutdated(PortcullisError):
    """Permissions changed while this was being read; ask again."""

    status = 409


class Unavailable(PortcullisError):
    """A part of the platform is down; `portcullis doctor` says which."""

    status = 503


class DatabaseUnavailable(Unavailable):
    """Postgres does not answer; `portcullis doctor` says why. Nothing was lost."""


class ModelUnavailable(Unavailable):
    """The model engine does not answer; `portcullis doctor` says why. Ask again later."""


class ReleaseNotHere(Unavailable):
    """The release in production cannot be served by what runs here; an administrator deploys it, or
    promotes what runs."""


class RecordNotWritten(Unavailable):
    """The audit record could not be written, so there is no answer."""


class EnforcementBroken(PortcullisError):
    """The database does not enforce who may read what, so nothing is read from it until it does;
    `portcullis doctor` says what is wrong."""

    status = 503


class ConfigurationError(PortcullisError):
    """A setting or a policy file is wrong."""


class Withdrawn(PortcullisError):
    """What you may read changed while this was made; ask again."""

    status = 409
