"""How good an order of documents is, by human judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """The discounted gain of the first `k` over that of the best order, in [0, 1].

    A document at rank r adds gain / log2(r + 1), as trec_eval's ndcg_cut has it (Burges et al.,
    ICML 2005, with gains as they are rather than 2^gain - 1). `gains` are those of everything
    judged; what is not in it adds nothing.
    """
    best = _discounted(sorted(gains.values(), reverse=True)[:k])
    return _discounted([gains.get(name, 0.0) for name in ranked[:k]]) / best if best else 0.0


def recall_at(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """The share of all relevant documents that stand among the first `k`."""
    relevant = {name for name, gain in gains.items() if gain > 0}
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
