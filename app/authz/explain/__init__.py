"""Why somebody may or may not read a document, now or on a day in the past.

`moment` is when, and who somebody was then; `placement` where a document stood and what its ACL
said; `decision` puts them together, and `changes` says what would make it another.
"""

from app.authz.explain.decision import explain

__all__ = ["explain"]
