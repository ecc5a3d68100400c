"""Every setting, read from the environment as PORTCULLIS_<NAME>. Only composition roots read it.

A URL replaces the embedded part of the same name; nothing else changes.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may change. The README lists each; a test keeps the list complete."""

    model_config = SettingsConfigDict(env_prefix="PORTCULLIS_", extra="ignore", frozen=True)

    data_dir: Path = Field(
        default=Path("data"), description="Folder of the embedded parts, secrets and logs"
    )
    host: str = Field(default="127.0.0.1", description="Address the web service listens on")
    port: int = Field(default=8080, description="Port of the web service")
    database_url: SecretStr | None = Field(
        default=None,
        description="Postgres >= 16 with pgvector, as its owner; unset: the embedded one",
    )
    database_replica_url: SecretStr | None = Field(
        default=None,
        description="A streaming replica of it, as its owner, that serves reads where it is fresh"
        " enough; unset: none",
    )
    queue_url: SecretStr | None = Field(
        default=None, description="Valkey or Redis; unset: the embedded one"
    )
    chat_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint, up to /v1; unset: the embedded vLLM",
    )
    chat_model: str = Field(
        default="SmolLM2-135M-Instruct", description="Name of the model at that endpoint"
    )
    chat_api_key: SecretStr | None = Field(
        default=None, description="Key of that endpoint, where it needs one"
    )
    chat_profile: str | None = Field(
        default=None,
        description="How to prompt the model: evidence or context; unset: chosen by its name",
    )
    embedding_model: Path | None = Field(
        default=None, description="Folder of a sentence-transformers model; unset: the packaged one"
    )
    reranking_model: Path | None = Field(
        default=None,
        description="Folder of a cross-encoder of sentence-transformers that orders what a search"
        " found; unset: none",
    )
    policies: Path = Field(default=PROJECT / "policies", description="Folder of the policy files")
    thresholds: Path | None = Field(
        default=None,
        description="File of the bars that block a release; unset: evals/thresholds.yaml",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="At least 32 characters; all internal keys derive from it; "
        "unset: made once and kept in the data folder",
    )
    session_hours: int = Field(default=12, description="How long a sign-in lasts", gt=0)
    scope_seconds: int = Field(default=60, description="How long a sealed scope can be used", gt=0)
    max_document_mb: int = Field(
        default=50, description="Larger documents are refused, with a reason", gt=0
    )
    sync_minutes: int = Field(
        default=15, description="How often every source is synced by itself; 0: never", ge=0
    )
    permission_minutes: int = Field(
        default=5, description="How often the ACLs alone are synced; 0: with the sync only", ge=0
    )
    audience_chunks: int = Field(
        default=3_000_000,
        description="From so many chunks of a classification on that everybody in one group may"
        " read, an approximate index over them is kept; 0: never",
        ge=0,
    )

    demo: bool = Field(
        default=False, description="Offer the demo company's people on the sign-in page"
    )

    @cached_property
    def root(self) -> Path:
        """The data folder as an absolute path."""
        return self.data_dir.expanduser().resolve()
