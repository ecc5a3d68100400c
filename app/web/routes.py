"""All routes, with what guards and serves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import LifespanHook

from app.errors import PortcullisError
from app.web.api import (
    ask,
    audit,
    decisions,
    demo,
    directory,
    documents,
    explain,
    health,
    jobs,
    openai,
    releases,
    search,
    sources,
    tokens,
)
from app.web.figures import count_requests
from app.web.identity import api_account, page_account, same_origin
from app.web.pages import api_docs, chat, entrance
from app.web.pages import audit as audit_page
from app.web.pages import documents as document_page
from app.web.pages import explain as explain_page
from app.web.pages import releases as releases_page
from app.web.pages import reviews as reviews_page
from app.web.pages import sources as sources_page
from app.web.pages.rendering import SECURITY_HEADERS
from app.web.problems import any_error, http_error, portcullis_error
from app.web.sentences import add_filters
from app.web.services import Services

HERE = Path(__file__).resolve().parent
VERSION = "0.1.0"
BASE64_OVERHEAD = 1.4


def application(
    services: Services, *, on_startup: list[LifespanHook], on_shutdown: list[LifespanHook]
) -> Litestar:
    """The ASGI application over the services."""
    account = {"account": Provide(api_account)}
    visitor = {"visitor": Provide(page_account)}
    bearer: list[dict[str, list[str]]] = [{"bearer": []}]
    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=[tokens.create, demo.people]),
            Router(
                "/api/v1",
                route_handlers=[
                    directory.replace, sources.put_source, sources.list_all, sources.sync,
                    sources.change, sources.preview, sources.put_secret, sources.confirm,
                    sources.remove, decisions.list_all, decisions.put_decision, decisions.agree,
                    decisions.remove, documents.put_document,
                    documents.batch, documents.put_container_acl,
                    documents.remove_document, documents.read, search.search, ask.ask,
                    audit.query, explain.query, jobs.job,
                    releases.list_all, releases.show, releases.promote, releases.approve,
                    releases.roll_back,
                ],
                dependencies=account,
                security=bearer,
            ),
            Router(
                "/v1", route_handlers=[openai.models, openai.complete], dependencies=account,
                security=bearer,
            ),
            Router("/", route_handlers=[health.healthz, health.readyz, health.metrics]),
            Router(
                "/",
                route_handlers=[
                    entrance.home, entrance.form, entrance.sign_in, entrance.sign_out, chat.chat,
                    chat.ask, chat.events, chat.withdrawn, chat.stop, chat.remove,
                    document_page.view, sources_page.sources, sources_page.sync,
                    sources_page.change, audit_page.audit, explain_page.explain,
                    releases_page.releases, releases_page.release, releases_page.promote,
                    releases_page.approve, releases_page.roll_back, reviews_page.reviews,
                    reviews_page.decide, reviews_page.agree, reviews_page.undo,
                    api_docs.api_docs,
                ],
                dependencies=visitor,
                guards=[same_origin],
                include_in_schema=False,
            ),
            create_static_files_router("/static", directories=[HERE / "static"]),
        ],
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        exception_handlers={
            PortcullisError: portcullis_error,
            HTTPException: http_error,
            Exception: any_error,
        },
        middleware=[count_requests],
        after_request=_secure,
        template_config=TemplateConfig(
            directory=HERE / "templates",
            engine=JinjaTemplateEngine,
            engine_callback=add_filters,
        ),
        openapi_config=OpenAPIConfig(
            title="Portcullis",
            version=VERSION,
            path="/api",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}
            ),
        ),
        request_max_body_size=int(services.max_document_bytes * BASE64_OVERHEAD),
        logging_config=None,
        on_startup=on_startup,
        on_shutdown=on_shutdown,
    )  # fmt: skip


def _secure(response: Response[Any]) -> Response[Any]:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
