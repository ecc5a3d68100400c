"""`portcullis bench search`: how fast and how complete a search under permissions is.

It makes a corpus and five organisations, loads them into a scratch database, and measures the
product, an unfiltered index, an ordinary row-level-security policy and other engines on the same
vectors and permissions, query by query in turn.
"""
