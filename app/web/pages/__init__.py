"""The pages: server-rendered, with htmx where they change in place."""
