"""Does the time of an answer tell a forbidden document from one that does not exist?

`python -m evals.timing` builds a corpus of its own and asks, at random and interleaved, for words
that only forbidden chunks hold and for words that nothing holds.
"""
