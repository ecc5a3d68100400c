"""Presidio's analyser with its recognisers and ours, for the types that are asked for."""

from __future__ import annotations

from typing import Any

from app.errors import ConfigurationError
from app.inference.recognisers.words import LANGUAGE, nlp_engine

NEEDS_MODEL = frozenset({"PERSON", "LOCATION", "NRP", "DATE_TIME", "ORGANIZATION"})
_OFF_BY_DEFAULT = (
    "AuTfnRecognizer", "CaSinRecognizer", "DeTaxIdRecognizer", "EsNieRecognizer", "EsNifRecognizer",
    "FiPersonalIdentityCodeRecognizer", "InAadhaarRecognizer", "InPanRecognizer",
    "ItFiscalCodeRecognizer", "KrRrnRecognizer", "PlPeselRecognizer", "SePersonnummerRecognizer",
    "SgFinRecognizer", "ThTninRecognizer", "TrNationalIdRecognizer", "UkNinoRecognizer",
    "ZaIdNumberRecognizer",
)  # fmt: skip
"""National numbers that presidio knows and looks for only where it is told to."""


def analyser(types: frozenset[str]) -> Any:
    """Raises ConfigurationError where nothing finds one of the types."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers

    from app.inference.recognisers.ours import OURS

    # the e-mail recogniser would fetch the list of public suffixes
    setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=()))  # noqa: B010
    engine = nlp_engine(bool(types & NEEDS_MODEL))
    registry = RecognizerRegistry(supported_languages=[LANGUAGE])
    registry.load_predefined_recognizers(languages=[LANGUAGE], nlp_engine=engine)
    known = [one for one in registry.recognizers if type(one).__name__ != "PhoneRecognizer"]
    known += [
        getattr(predefined_recognizers, name)(supported_language=LANGUAGE)
        for name in _OFF_BY_DEFAULT
    ]
    known += [recogniser() for recogniser in OURS]
    registry.recognizers = [one for one in known if types & set(one.supported_entities)]
    found = {type_ for one in registry.recognizers for type_ in one.supported_entities}
    if unknown := types - found:
        raise ConfigurationError(
            f"no recogniser finds {', '.join(sorted(unknown))}; mend the policy files"
        )
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE])
