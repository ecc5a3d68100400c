"""SharePoint and OneDrive as sources, through Microsoft Graph.

`connector.py` lists and asks; `items.py` reads what a drive holds and `grants.py` who may read it;
`graph.py` pages, waits and downloads, with what `login.py` gets for the secret; `door.py` is the
only way out.
"""
