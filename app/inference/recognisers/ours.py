"""Recognisers for what presidio lacks, in the shape that its registry takes."""

from app.inference.recognisers.cards import MoreCards
from app.inference.recognisers.named import NamedValues
from app.inference.recognisers.national import NationalIds
from app.inference.recognisers.phones import Phones
from app.inference.recognisers.places import Places
from app.inference.recognisers.secrets import Secrets

OURS = (MoreCards, Phones, NationalIds, Secrets, NamedValues, Places)

__all__ = ["OURS"]
