"""A history of concurrent changes and reads on the real database, and a checker of it.

`operations` and `reads` go through the product's own doors, `disturbance` ends connections and
holds the replica back, `storm` lets them all loose at once, `log` keeps what happened, and
`checker` judges it by a plain model that shares no code with the product.
"""
