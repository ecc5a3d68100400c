"""What keeps a document out of the index, in words for the owner of its source."""

from __future__ import annotations


class DocumentProblem(Exception):
    """`stage` is where it happened, `reason` what is wrong, `advice` what to do about it.

    Neither holds text of the document.
    """

    def __init__(self, stage: str, reason: str, advice: str) -> None:
        super().__init__(stage, reason, advice)
        self.stage, self.reason, self.advice = stage, reason, advice


class Quarantine(DocumentProblem):
    """Reading the file took more than it may, or ended the process that read it: as it is, it is
    not tried again."""
