"""The faults, by what is wrong."""

from evals.mutants.catalogue.functions import FUNCTIONS
from evals.mutants.catalogue.rights import RIGHTS
from evals.mutants.catalogue.surroundings import SURROUNDINGS
from evals.mutants.planting import Change, Fault

OF_ENFORCEMENT: list[Fault | Change] = [*RIGHTS, *SURROUNDINGS, *FUNCTIONS]
"""What the database would no longer enforce, or what could not be proven any more."""

__all__ = ["FUNCTIONS", "OF_ENFORCEMENT", "RIGHTS", "SURROUNDINGS"]
