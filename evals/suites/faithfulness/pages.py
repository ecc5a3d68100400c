"""Pages that say several things: the fact of a paper, and three that share its names and units, so
that a sentence can be wrong in each of its words and still have no word that the page lacks."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

from evals.ground.company import Company, Paper, made_up


@dataclass(frozen=True, slots=True)
class Page(Paper):
    """A paper with more on it. `clerk`, `guest` and `wing` are names that no other page has."""

    clerk: str
    guest: str
    wing: str
    rent: int
    seats: int
    day: int

    @property
    def pays(self) -> str:
        """Two names that could change places, a number and how often."""
        return f"{self.clerk} pays {self.guest} {self.rent} euros for {self.name} each month."

    @property
    def stays(self) -> str:
        """A bound, a permission and a condition."""
        return f"Up to {self.seats} guests of {self.name} may stay if {self.clerk} agrees."

    @property
    def compares(self) -> str:
        """A date, and a comparison of two."""
        return f"Since {self.day} May {self.name} has had more desks than {self.wing}."

    @property
    def told(self) -> str:
        return f"{self.fact} {self.pays} {self.stays} {self.compares}"


def pages(company: Company, chance: random.Random) -> dict[str, Page]:
    """Such a page for each of its papers, by its external id."""
    names = iter(made_up(chance, company, 3 * len(company.papers)))
    return {
        paper.external_id: Page(
            **{field.name: getattr(paper, field.name) for field in fields(Paper)},
            clerk=next(names), guest=next(names), wing=next(names),
            rent=chance.randint(100, 999), seats=chance.randint(11, 99), day=chance.randint(2, 30),
        )
        for paper in company.papers
    }  # fmt: skip
