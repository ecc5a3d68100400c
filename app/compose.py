"""The composition root: which object talks to which, said once.

The web service and the command line build their parts here; nothing below reads settings.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from app.answering.conversations import Conversations
from app.answering.pipeline import Answering
from app.answering.profiles import profile_of
from app.answering.serving import Serving
from app.audit.record import Recorder
from app.authn.attempts import Attempts
from app.authz.levels import load_levels, load_live
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.authz.watch import Watch
from app.catalog.queue import ArqQueue
from app.catalog.secrets import SourceSecrets
from app.db.engine import Database
from app.errors import ConfigurationError
from app.inference.chat import ChatModel
from app.inference.embed import LocalEmbedder, embedding_dimensions
from app.inference.rerank import LocalReranker
from app.ingredients import ingredients
from app.releases.files import FileDigests
from app.releases.lifecycle import Lifecycle
from app.releases.rules import Rules
from app.releases.running import Running
from app.releases.signing import GATES, RELEASES, Signer
from app.retrieval.audiences import Audiences
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.copies import CodeCopies
from app.retrieval.proof.watch import ProofWatch
from app.retrieval.search import Searcher
from app.runtime.secrets import SOURCES, derive, installation_secret, login_passwords
from app.settings import Settings

UNNAMED = "unnamed"
"""What answers are recorded under that no `Serving` gave: those of evaluations and tests."""

BARS = "evals.gates.gate"
"""By name: the evaluations stand on the service, not the other way round."""


@dataclass(frozen=True)
class Parts:
    """Everything that serves requests, ready to be used."""

    settings: Settings
    levels: tuple[str, ...]
    policy: Policy
    database: Database
    proof: ProofWatch
    queue: ArqQueue
    embedder: LocalEmbedder
    model: ChatModel
    attempts: Attempts
    recorder: Recorder
    resolver: ScopeResolver
    searcher: Searcher
    search: AuthorisedSearch
    conversations: Conversations
    watch: Watch
    answering: Answering
    source_secrets: SourceSecrets
    running: Running
    gate_signer: Signer

    def serving(self) -> Serving:
        """What answers questions, by the release that traffic says."""
        key = derive(installation_secret(self.settings), "canary share")
        return Serving(self.answering, self.running, key)

    async def lifecycle(self) -> Lifecycle:
        """The way of releases here, held to the rules and bars of now."""
        return Lifecycle(
            self.database,
            await self.serving().register(),
            self.running.signer,
            self.gate_signer,
            Rules.load(self.settings.policies),
            await asyncio.to_thread(_bars, self.settings.thresholds),
        )

    @property
    def max_document_bytes(self) -> int:
        return self.settings.max_document_mb * 1_000_000

    async def close(self) -> None:
        await self.watch.close()
        await self.model.close()
        await self.queue.close()
        await self.database.close()


def _bars(file: Path | None) -> str:
    """The digest of the bars of now."""
    return str(import_module(BARS).digest(file))


def compose(settings: Settings) -> Parts:
    """Build the parts; nothing connects yet. Raises ConfigurationError."""
    if settings.database_url is None:
        raise ConfigurationError(
            "no database is set and none runs on this data folder; start `portcullis up`, or set"
            " PORTCULLIS_DATABASE_URL"
        )
    secret = installation_secret(settings)
    levels = load_levels(settings.policies)
    policy = Policy.load(settings.policies, levels)
    url, passwords = settings.database_url.get_secret_value(), login_passwords(secret)
    replica = settings.database_replica_url
    database = Database.connect(
        url, passwords, replica_url=replica.get_secret_value() if replica else None
    )
    embedder = LocalEmbedder(settings.embedding_model)
    api_key = settings.chat_api_key.get_secret_value() if settings.chat_api_key else None
    model = ChatModel.connect(
        settings.chat_url or "http://127.0.0.1:9/v1", settings.chat_model, api_key
    )
    profile = profile_of(settings.chat_model, settings.chat_profile)
    resolver = ScopeResolver(database, policy, settings.scope_seconds)
    copies = CodeCopies(database, levels, embedding_dimensions(settings.embedding_model))
    reranker = LocalReranker(settings.reranking_model) if settings.reranking_model else None
    searcher = Searcher(
        embedder,
        copies,
        audiences=Audiences(database, settings.audience_chunks),
        reranker=reranker,
    )
    recorder = Recorder(database)
    live = LiveCheck(database, load_live(settings.policies, levels))
    conversations = Conversations(database, policy, live)
    watch = Watch(database, policy)
    running = Running(
        ingredients(settings, profile, embedder, reranker),
        FileDigests(settings.root / "releases" / "digests.json"),
        Signer.of(derive(secret, RELEASES)),
    )
    return Parts(
        settings=settings,
        levels=levels,
        policy=policy,
        database=database,
        proof=ProofWatch(database, lambda: Database.connect(url, passwords, pool_size=1), levels),
        queue=ArqQueue(settings.queue_url.get_secret_value() if settings.queue_url else ""),
        embedder=embedder,
        model=model,
        attempts=Attempts(),
        recorder=recorder,
        resolver=resolver,
        searcher=searcher,
        search=AuthorisedSearch(resolver, searcher, recorder, live),
        conversations=conversations,
        watch=watch,
        answering=Answering(
            database=database,
            policy=policy,
            resolver=resolver,
            searcher=searcher,
            embedder=embedder,
            model=model,
            profile=profile,
            recorder=recorder,
            conversations=conversations,
            watch=watch,
            live=live,
            release=UNNAMED,
            salt_key=derive(secret, "cache salt"),
        ),
        source_secrets=SourceSecrets(database, derive(secret, SOURCES)),
        running=running,
        gate_signer=Signer.of(derive(secret, GATES)),
    )
