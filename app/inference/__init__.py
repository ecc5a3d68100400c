"""Clients of models: chat, embed, detect. The only package that knows a model vendor."""
