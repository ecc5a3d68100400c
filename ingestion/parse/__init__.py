"""Files to elements in reading order.

`document` is the story of one file; `markup` reads Markdown and HTML, `mail` messages with what is
attached to them, `partition` everything else, by unstructured; `wording` makes text of bytes and
takes from it what people do not see.
"""

from ingestion.parse.document import parse
from ingestion.parse.wording import clean

__all__ = ["clean", "parse"]
