"""What the handlers work with; the composition root fills it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from app.answering.conversations import Conversations
from app.answering.serving import Serving
from app.audit.record import Recorder
from app.authn.attempts import Attempts
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.catalog.queue import JobQueue
from app.catalog.secrets import SourceSecrets
from app.db.engine import Database
from app.domain.principal import Account
from app.inference.chat import ChatModel
from app.inference.embed import LocalEmbedder
from app.releases.lifecycle import Lifecycle
from app.retrieval.authorised import AuthorisedSearch
from app.web.generation import Generations


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody whom the sign-in page offers with `--demo`; `ask` is a question worth asking."""

    email: str
    name: str
    role: str
    ask: str
    note: str = ""


@dataclass(frozen=True)
class Services:
    """One per process. `lifecycle` gives the way of releases, held to the bars of now."""

    database: Database
    levels: tuple[str, ...]
    policy: Policy
    resolver: ScopeResolver
    search: AuthorisedSearch
    embedder: LocalEmbedder
    model: ChatModel
    model_name: str
    answering: Serving
    lifecycle: Callable[[], Awaitable[Lifecycle]]
    conversations: Conversations
    recorder: Recorder
    attempts: Attempts
    queue: JobQueue
    source_secrets: SourceSecrets
    max_document_bytes: int
    session: timedelta
    demo: Sequence[DemoPerson] = ()
    demo_password: str = ""
    generations: Generations = field(default_factory=Generations)


Wired = NamedDependency[SkipValidation[Services]]
"""How handlers ask for the services: as they are, without a copy."""

Caller = NamedDependency[SkipValidation[Account]]
"""How handlers ask for whoever is signed in."""
