"""A web site as a source, by its sitemap or by a crawl of what lies below one address.

`connector.py` lists and asks; `crawl.py` goes from page to page; `visitor.py` makes requests over
`network.py`, which decides what is connected to; `address.py` says which URLs are the same and
which are the site's; `robots.py`, `page.py` and `sitemap.py` read what the site says.
"""
