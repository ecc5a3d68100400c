"""All mutants. Apart from the catalogue, so that tests that plant one fault load no model."""

from __future__ import annotations

from collections.abc import Sequence

from evals.mutants.catalogue import OF_ENFORCEMENT
from evals.mutants.catalogue.agency import AGENCY
from evals.mutants.catalogue.answers import ANSWERS
from evals.mutants.catalogue.documents import DOCUMENTS
from evals.mutants.catalogue.finding import FINDING
from evals.mutants.catalogue.models import MODELS
from evals.mutants.catalogue.reading import READING
from evals.mutants.mutant import Mutant

MUTANTS: Sequence[Mutant] = (
    *(Mutant(fault.name, "enforcement", fault) for fault in OF_ENFORCEMENT),
    *READING,
    *ANSWERS,
    *AGENCY,
    *DOCUMENTS,
    *FINDING,
    *MODELS,
)


def faults() -> dict[str, list[str]]:
    """Their names by suite."""
    named: dict[str, list[str]] = {}
    for mutant in MUTANTS:
        named.setdefault(mutant.suite, []).append(mutant.name)
    return named
