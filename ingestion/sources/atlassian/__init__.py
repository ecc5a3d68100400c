"""Confluence as a source, in Atlassian's cloud or on a server of one's own.

`confluence.py` lists and asks; `cloud.py` and `data_center.py` know the two REST APIs, which
`wiki.py` makes one; `inheritance.py` and `readers.py` say who may read; `people.py` says who that
is; `door.py` is the only way out, and `paging.py` goes through it page by page.
"""
