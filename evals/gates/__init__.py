"""Whether what was measured is good enough: bars, verdicts, and the report that a release needs."""
