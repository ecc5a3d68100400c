"""Files that nobody means well with: a corpus, mutations of it from a seed, and bombs."""
