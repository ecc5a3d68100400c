"""The API and the pages: the only package, with `main`, that knows Litestar."""
