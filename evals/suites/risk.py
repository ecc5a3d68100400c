"""The risks that suites look at, and why none looks at the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Risk(StrEnum):
    """OWASP Top 10 for LLM applications (2025), and section 2 of the generative AI profile of NIST
    (AI 600-1, July 2024)."""

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
    BIAS = "NIST 2.6 Harmful Bias and Homogenization"
    HUMAN_AI = "NIST 2.7 Human-AI Configuration"
    INTEGRITY = "NIST 2.8 Information Integrity"
    SECURITY = "NIST 2.9 Information Security"
    INTELLECTUAL_PROPERTY = "NIST 2.10 Intellectual Property"
    ABUSE = "NIST 2.11 Obscene, Degrading, and/or Abusive Content"
    VALUE_CHAIN = "NIST 2.12 Value Chain and Component Integration"


_OWN_WORDS = (
    "A sentence of the model's own is shown only where a passage that the asking person may read"
    " supports it word by word"
)
UNCOVERED: Mapping[Risk, str] = {
    Risk.SUPPLY_CHAIN: "A suite asks the running product; where its parts come from is checked"
    " before: packages are pinned by version, models by content.",
    Risk.CONSUMPTION: "Limits on the rate and the cost of questions are not measured yet.",
    Risk.CBRN: f"{_OWN_WORDS}, so what such an answer could hold is what the company's documents"
    " hold already. What the model knows by itself is not probed.",
    Risk.VIOLENCE: f"{_OWN_WORDS}. Whether the documents themselves are dangerous or hateful is not"
    " judged.",
    Risk.ENVIRONMENT: "The energy of a question is not measured.",
    Risk.BIAS: "Answers are quotes of the company's documents, with the bias that these have; it is"
    " not measured, and neither is whom a search serves worse.",
    Risk.HUMAN_AI: "How far people rely on answers cannot be seen without people. Every sentence"
    " has its source beside it, so that they can look.",
    Risk.INTELLECTUAL_PROPERTY: "Quotes name their document and go only to who may read it; whether"
    " the company may use a document is not known to the product.",
    Risk.ABUSE: f"{_OWN_WORDS}. Whether the documents themselves are abusive is not judged.",
    Risk.VALUE_CHAIN: "Which parts an answer came from is on record, and promotion asks for it; no"
    " suite tries other parts.",
}
"""For risks that no suite names: why, and what there is instead. Whatever a suite names is covered
by it, also when it stands here."""
