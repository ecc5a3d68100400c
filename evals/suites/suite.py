"""What a suite is: one question about the product, and the measures that answer it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from evals.ground.ground import Ground
from evals.measures.measure import Measure


class Risk(StrEnum):
    """Risks that a suite looks at: OWASP Top 10 for LLM applications (2025) and the generative AI
    profile of NIST (AI 600-1)."""

    PROMPT_INJECTION = "LLM01:2025 Prompt Injection"
    DISCLOSURE = "LLM02:2025 Sensitive Information Disclosure"
    SUPPLY_CHAIN = "LLM03:2025 Supply Chain"
    POISONING = "LLM04:2025 Data and Model Poisoning"
    OUTPUT_HANDLING = "LLM05:2025 Improper Output Handling"
    EXCESSIVE_AGENCY = "LLM06:2025 Excessive Agency"
    PROMPT_LEAKAGE = "LLM07:2025 System Prompt Leakage"
    VECTORS = "LLM08:2025 Vector and Embedding Weaknesses"
    MISINFORMATION = "LLM09:2025 Misinformation"
    CONSUMPTION = "LLM10:2025 Unbounded Consumption"
    CBRN = "NIST 2.1 CBRN Information or Capabilities"
    CONFABULATION = "NIST 2.2 Confabulation"
    VIOLENCE = "NIST 2.3 Dangerous, Violent, or Hateful Content"
    PRIVACY = "NIST 2.4 Data Privacy"
    ENVIRONMENT = "NIST 2.5 Environmental Impacts"
    BIAS = "NIST 2.6 Harmful Bias or Homogenization"
    HUMAN_AI = "NIST 2.7 Human-AI Configuration"
    INTEGRITY = "NIST 2.8 Information Integrity"
    SECURITY = "NIST 2.9 Information Security"
    INTELLECTUAL_PROPERTY = "NIST 2.10 Intellectual Property"
    ABUSE = "NIST 2.11 Obscene, Degrading, and/or Abusive Content"
    VALUE_CHAIN = "NIST 2.12 Value Chain and Component Integration"


@dataclass(frozen=True, slots=True)
class Case:
    """One sample that went wrong: what it was of, and what was seen. The corpora of suites are made
    up or public, so a case may say what leaked."""

    of: str
    seen: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one run of a suite found. `cases` are examples of what went wrong, not all of them."""

    measures: Sequence[Measure]
    cases: Sequence[Case] = ()
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Suite:
    """`about` says in one sentence what is measured and from where to where.

    `run` raises Unavailable of `evals.ground` where something that it needs is not here; a gate
    takes that for a failure.
    """

    name: str
    about: str
    risks: tuple[Risk, ...]
    run: Callable[[Ground], Awaitable[Found]]
