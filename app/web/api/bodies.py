"""The bodies of requests. Unknown fields are refused: a misspelt ACL must not be ignored."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from msgspec import Struct, field

from app.domain.acl import Acl
from app.domain.scope import By
from app.domain.source import PushedDocument
from app.errors import InvalidInput


class SignIn(Struct, forbid_unknown_fields=True):
    email: str
    password: str


class DirectoryUser(Struct, forbid_unknown_fields=True):
    email: str
    name: str = ""


class DirectoryGroup(Struct, forbid_unknown_fields=True):
    key: str
    members: list[str] = field(default_factory=list)


class Directory(Struct, forbid_unknown_fields=True):
    users: list[DirectoryUser]
    groups: list[DirectoryGroup] = field(default_factory=list)


class SourceBody(Struct, forbid_unknown_fields=True):
    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    classification_floor: str = "public"
    owner: str | None = None
    sync_minutes: int | None = None
    permission_minutes: int | None = None


class SecretBody(Struct, forbid_unknown_fields=True):
    secret: str


class DecisionBody(Struct, forbid_unknown_fields=True):
    """External ids are hostile, and have slashes: they stand in bodies, not in paths."""

    external_id: str
    classification: str
    reason: str


class AgreementBody(Struct, forbid_unknown_fields=True):
    external_id: str
    classification: str


class DecidedBody(Struct, forbid_unknown_fields=True):
    external_id: str


class PromotionBody(Struct, forbid_unknown_fields=True):
    """`share` is the canary's, in percent."""

    to: str
    share: int = 0
    reason: str = ""


class ApprovalBody(Struct, forbid_unknown_fields=True):
    to: str
    reason: str = ""


class RollbackBody(Struct, forbid_unknown_fields=True):
    reason: str = ""


class AclBody(Struct, forbid_unknown_fields=True):
    allow: list[str] = field(default_factory=list)
    deny: list[str] = field(default_factory=list)

    def parsed(self) -> Acl:
        """Raises InvalidInput naming the entry that is no principal."""
        try:
            return Acl.parse(self.allow, self.deny)
        except ValueError as error:
            raise InvalidInput(str(error)) from error


class DocumentBody(Struct, forbid_unknown_fields=True):
    title: str = ""
    content: str | None = None
    content_base64: str | None = None
    mime_type: str = "text/plain"
    uri: str = ""
    container: str | None = None
    acl: AclBody | None = None
    classification: str | None = None

    def pushed(self, external_id: str) -> PushedDocument:
        """Raises InvalidInput when there is not exactly one content, or it is no base64."""
        if (self.content is None) == (self.content_base64 is None):
            raise InvalidInput("send either content or content_base64")
        try:
            content = (
                self.content.encode()
                if self.content is not None
                else base64.b64decode(self.content_base64 or "", validate=True)
            )
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("content_base64 is not valid base64") from error
        return PushedDocument(
            external_id=external_id,
            title=self.title,
            content=content,
            mime_type=self.mime_type,
            uri=self.uri,
            container=self.container,
            acl=self.acl.parsed() if self.acl is not None else None,
            classification=self.classification,
        )


class BatchDocument(DocumentBody, forbid_unknown_fields=True, kw_only=True):
    external_id: str


class Batch(Struct, forbid_unknown_fields=True):
    documents: list[BatchDocument]


class SearchBody(Struct, forbid_unknown_fields=True):
    query: str
    k: int = 8
    at_least_revision: int | None = None
    by: str = By.BOTH

    def ranked_by(self) -> By:
        """Raises InvalidInput."""
        if self.by not in set(By):
            raise InvalidInput(f"by must be one of {', '.join(By)}")
        return By(self.by)


class AskBody(Struct, forbid_unknown_fields=True):
    question: str
    conversation_id: str | None = None
    stream: bool = False


class ChatMessage(Struct):
    role: str
    content: Any = ""


class ChatCompletion(Struct):
    """OpenAI's request, as far as it means something here; the rest is ignored."""

    messages: list[ChatMessage]
    model: str = "portcullis"
    stream: bool = False
