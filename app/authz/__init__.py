"""What a subject may read.

`subject` finds who somebody is, `policy` takes the coarse decisions, `scope` seals what one
request may read, `recheck` decides the same a second time and otherwise, `explain`
says why, now or in the past, `grants` and `directory` change who may read what.
"""
