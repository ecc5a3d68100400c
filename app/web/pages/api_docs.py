"""The API's documentation, made from its OpenAPI description and nothing fetched."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.response import Template

_METHODS = ("get", "post", "put", "delete")


@get("/api/docs", include_in_schema=False)
async def api_docs(request: Request[Any, Any, Any]) -> Template:
    schema = request.app.openapi_schema.to_schema()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "tag": (operation.get("tags") or ["other"])[0],
        }
        for path, item in sorted(schema["paths"].items())
        for method, operation in item.items()
        if method in _METHODS
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in operations:
        groups.setdefault(operation["tag"], []).append(operation)
    return Template(
        "api_docs.html", context={"groups": groups, "version": schema["info"]["version"]}
    )
