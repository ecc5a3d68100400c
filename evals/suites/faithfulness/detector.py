"""The product's check of a sentence against quotes, as a detector beside people's labels.

On WiCE (Kamoi et al., EMNLP 2023), balanced accuracy on the test split, partly supported taken for
not supported as here, of large models in the LLM-AggreFact leaderboard (scores_data.json of
llm-aggrefact.github.io): Llama-3.1-8B .720, Llama-3.1-405B .718, Mistral-Large-2 .803. What is here
is the development split. For RAGChecker's pairs (Ru et al., 2024) correlations are published, and
no balanced accuracy is known to us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from app.answering.guard import check, check_sentence
from app.answering.prompt import completion_prompt
from app.answering.sentences import sentences
from app.domain.answer import Draft, Quote
from app.domain.scope import Passage
from evals.measures.agreement import Verdicts

Says = Callable[[str, str, Sequence[str]], bool]
"""What a check says of a question, a sentence and the sentences of the evidence."""
_NOBODY = UUID(int=0)
_MARKS = re.compile(r"\[\d+\]|[*#`]")


def told(question: str, sentence: str, evidence: Sequence[str]) -> bool:
    """What the check of a small model says, with these sentences for quotes."""
    quotes = [Quote(_passage(text), text, text, 1.0) for text in evidence]
    return check(Draft(sentence, completion_prompt(question, quotes)), question).supported


def written(question: str, sentence: str, evidence: Sequence[str]) -> bool:
    """What the check of a larger model's own words says, with a passage of these sentences."""
    return check_sentence(sentence, question, [_passage("\n".join(evidence))]).supported


def wice(path: Path, says: Says) -> Verdicts:
    """Whether each claim is supported by the page it cites: people, and the check. What is asked is
    what the article is about, since the check wants a question."""
    verdicts: dict[str, tuple[bool, bool]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        question = f"What is said about {one['meta']['claim_title']}?"
        said = says(question, one["claim"], one["evidence"])
        verdicts[one["meta"]["id"]] = (one["label"] == "supported", said)
    return verdicts


def ragchecker(path: Path, says: Says) -> tuple[Verdicts, int]:
    """Of each pair of answers that people found unequally correct, whether the first one is the
    better: people, and the share of sentences that the check finds supported by the right answer.
    And how many pairs the check finds equal; these count as the second one being better."""
    verdicts: dict[str, tuple[bool, bool]] = {}
    equal = 0
    # an instance is compared several times, with other answers
    for n, one in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        if one["correctness_label"] == 0:
            continue
        evidence = _sentences(one["gt_answer"])
        first, second = (
            _share(one["query"], _sentences(one[model]["response"]), evidence, says)
            for model in ("model1", "model2")
        )
        equal += first == second
        verdicts[str(n)] = (one["correctness_label"] < 0, first > second)
    return verdicts, equal


def _share(question: str, said: Sequence[str], evidence: Sequence[str], says: Says) -> float:
    found = [says(question, sentence, evidence) for sentence in said]
    return sum(found) / len(found) if found else 0.0


def _sentences(text: str) -> list[str]:
    return [shown for _, shown in sentences(_MARKS.sub("", text))]


def _passage(text: str) -> Passage:
    return Passage(
        _NOBODY, _NOBODY, "", "", "", "", "public", heading="", page=None, text=text, score=1.0
    )
