"""What suites stand on: a platform of their own, corpora made afresh, data sets, engines."""
