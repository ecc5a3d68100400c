"""A report for people and machines: a page, a table on the terminal, JUnit for CI servers."""
