"""A cross-encoder has the last word on the order of what a search found, and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.catalog.sources import register
from app.db.chunks import write_rendition
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.document import Chunk, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role
from app.domain.scope import By
from app.errors import ConfigurationError
from app.inference.rerank import LocalReranker
from app.retrieval.copies import CodeCopies
from app.retrieval.find import RERANKED, find
from app.retrieval.search import Searcher
from tests.answering.passages import HashingEmbedder

pytestmark = pytest.mark.integration

LEVEL = "internal"
EMBEDDER = HashingEmbedder()
WORDS = ["gate", "key", "lift", "lamp", "door"]


@dataclass
class ByLength:
    """The longest passage is best, whatever is asked; it keeps what it was shown."""

    name: str = "by length"
    seen: list[str] = field(default_factory=list)

    def score(self, query: str, passages: Sequence[str]) -> list[float]:
        self.seen += passages
        return [float(len(passage)) for passage in passages]


@pytest.fixture
async def reader(database: Database, levels: tuple[str, ...]) -> Account:
    """Of forty passages about gates; the forty-first is for nobody."""
    email = f"{uuid4().hex[:8]}@rerank.example"
    account = await add_user(database, email, "R", Role.EMPLOYEE, None)
    source = await register(
        database, None, key=f"s{uuid4().hex[:8]}", kind="push", config={},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip
    async with database.app() as connection:
        slots = [
            (await set_container_acl(connection, source.id, key, Acl.parse(allow))).slot_id
            for key, allow in (("open", [email]), ("shut", []))
        ]
    said = [f"gate {'lamp ' * n}" for n in range(40)]
    async with database.ingest() as connection:
        await connection.execute(text("delete from rendition_internal"))
        for slot, passages in zip(slots, (said, ["gate forbidden " * 50]), strict=True):
            vectors = EMBEDDER.embed(passages)
            await write_rendition(
                connection, levels=levels, document_id=uuid4(), slot_id=slot, source="s",
                external_id="e", uri="", mime_type="", rendition=Rendition(LEVEL, "t", (), {}, ()),
                chunks=[
                    EmbeddedChunk(Chunk(n, "", None, words), vector)
                    for n, (words, vector) in enumerate(zip(passages, vectors, strict=True))
                ],
            )  # fmt: skip
    return account


async def test_it_orders_the_best_of_what_may_be_read_and_is_shown_nothing_else(
    database: Database, policy: Policy, levels: tuple[str, ...], reader: Account
) -> None:
    reranker = ByLength()
    copies = CodeCopies(database, levels, EMBEDDER.dimensions)
    searcher = Searcher(EMBEDDER, copies, reranker=reranker)
    resolver = ScopeResolver(database, policy, 60)
    _, found = await find(resolver, searcher, reader, "search", "gate", 5)
    assert len(reranker.seen) == RERANKED
    assert not any("forbidden" in passage for passage in reranker.seen)
    lengths = sorted(map(len, reranker.seen), reverse=True)
    assert [passage.score for passage in found.passages] == lengths[:5]

    for by in (By.WORDS, By.MEANING):
        reranker.seen.clear()
        _, found = await find(resolver, searcher, reader, "search", "gate", 5, by=by)
        assert len(found.passages) == 5
        assert reranker.seen == []


def test_a_cross_encoder_from_a_folder_says_what_its_model_says(tmp_path: Path) -> None:
    import torch

    model, tokenizer = small_model(tmp_path, outputs=1)
    passages = ["the lift", "key key key", "door"]
    scores = LocalReranker(tmp_path, batch_size=2).score("gate", passages)
    with torch.no_grad():
        expected = [
            float(torch.sigmoid(model(**tokenizer("gate", p, return_tensors="pt")).logits))
            for p in passages
        ]
    assert scores == pytest.approx(expected, abs=1e-5)
    assert max(expected) - min(expected) > 1e-3, "the model does not tell them apart"
    assert LocalReranker(tmp_path).score("gate", []) == []


def test_a_folder_without_a_fitting_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no reranking model here"):
        LocalReranker(tmp_path)
    small_model(tmp_path, outputs=3)
    with pytest.raises(ConfigurationError, match="has one output, this one 3"):
        LocalReranker(tmp_path).score("gate", ["lift"])


def small_model(folder: Path, outputs: int) -> tuple[Any, Any]:
    """A cross-encoder of random weights, saved as any is."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    library: Any = transformers
    tokenizer = library.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]",
    )  # fmt: skip
    torch.manual_seed(5)
    model = library.BertForSequenceClassification(
        library.BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2,
            num_attention_heads=2, intermediate_size=64, num_labels=outputs,
            initializer_range=0.5,
        )
    ).eval()  # fmt: skip
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model, tokenizer
