"""Confluence and Jira as sources, in Atlassian's cloud or on servers of one's own.

`door.py` is the only way out, and `paging.py` goes through it page by page; `said.py` takes what
comes back for hostile, `people.py` says who somebody is, `readers.py` what two audiences have in
common, and `site.py` what a document of either product is.

`confluence.py` lists and asks; `cloud.py` and `data_center.py` know its two REST APIs, which
`wiki.py` makes one; `inheritance.py` says who may read a page, `storage.py` makes HTML of it.

`jira.py` lists and asks; `jira_cloud.py` and `jira_data_center.py` know its two REST APIs, which
`tracker.py` makes one; `browsing.py` says who may read an issue, `issue_text.py` makes HTML of it,
by `adf.py` or `markup.py`.
"""
