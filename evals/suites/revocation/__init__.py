"""The suite `revocation`: a history of concurrent changes and reads on the real database with a
checker of it, and open streams whose documents are withdrawn.

`operations` and `reads` go through the product's own doors, `disturbance` ends connections and
holds the replica back, `storm` lets them all loose at once, `log` keeps what happened, and
`checker` judges it by a plain model that shares no code with the product. `streams` takes the time
until what is being written ends.
"""

from evals.suites.revocation.measured import SUITE

__all__ = ["SUITE"]
