"""One bucket over the wire: what may be asked of it, and what its answers are held to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3.session
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable
from ingestion.sources.s3_door import LIMIT, Door

if TYPE_CHECKING:
    from ingestion.connect import Access

KEY_BYTES = 1024
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Refused(Exception):
    """The store answered, with no: `status` and `code` say how."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Object:
    """The current version of a key. `version_id` is empty where the bucket keeps no versions."""

    key: str
    size: int
    etag: str
    modified: str
    version_id: str

    @property
    def version(self) -> str:
        """What changes with the content; empty where the store says nothing that does."""
        if self.version_id:
            return f"version {self.version_id} {self.etag} {self.size}"
        return f"etag {self.etag} {self.size} {self.modified}" if self.etag else ""


class Store:
    """Raises SourceUnreadable where the store gives no answer or one that is none, and Refused
    where it says no. Neither environment nor files of the machine add anything to `config`: no
    credentials, addresses or proxies."""

    def __init__(self, config: Mapping[str, Any], access: Access) -> None:
        said = {key: str(config.get(key) or "") for key in ("bucket", "region", "endpoint")}
        self.bucket = said["bucket"]
        key = str(config.get("access_key") or "")
        if bool(key) != bool(access.secret):
            raise SourceUnreadable(
                "an s3 source needs both config.access_key and its secret key, or neither where"
                " the bucket is public; give the one that is missing"
            )
        wanted = Config(
            signature_version="s3v4" if key else UNSIGNED,
            retries={"total_max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path" if said["endpoint"] else "virtual"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,
        )
        try:
            core = botocore.session.Session(session_vars=_NO_FILES)
            self._client = boto3.session.Session(botocore_session=core).client(
                "s3",
                region_name=said["region"] or "us-east-1",
                endpoint_url=said["endpoint"] or None,
                # without any, those of the machine would be looked for, over the network too
                aws_access_key_id=key or "nobody",
                aws_secret_access_key=access.secret or "nothing",
                config=wanted,
            )
        except Exception:
            raise SourceUnreadable(
                "the store cannot be addressed; mend config.endpoint, region and bucket"
            ) from None
        self._client.meta.events.register_first("before-send.s3", Door(access.reach))

    def objects(self, prefix: str) -> Iterator[Object]:
        """The current version of every key below the prefix."""
        try:
            versioned = self._ask("get_bucket_versioning").get("Status") in ("Enabled", "Suspended")
        except Refused as refusal:
            if refusal.status not in (403, 405, 501):
                raise _unlisted(refusal) from None
            versioned = False  # ETags tell versions apart as well
        seen: set[str] = set()
        for page in self._pages(prefix, versioned):
            for entry in page.get("Versions" if versioned else "Contents") or ():
                if versioned and not entry["IsLatest"]:
                    continue
                found = _object(entry["Key"], entry["Size"], entry)
                if not found.key.startswith(prefix) or len(found.key.encode()) > KEY_BYTES:
                    raise SourceUnreadable("the store lists what cannot be there; look at it")
                if found.key in seen:
                    raise SourceUnreadable("the store lists a key twice; look at it")
                seen.add(found.key)
                yield found

    def head(self, key: str) -> Object | None:
        """What the key has now."""
        try:
            found = self._ask("head_object", Key=key)
        except Refused as refusal:
            # a delete marker may be refused as what it is
            if refusal.status in (404, 405):
                return None
            raise
        return _object(key, found.get("ContentLength", 0), found)

    def get(self, key: str, limit: int, pinned: Object | None = None) -> bytes:
        """The content of a key, of `pinned` exactly where given. Raises DocumentProblem where it
        is more than `limit`; then no more than that was read."""
        pin: dict[str, str] = {}
        if pinned is not None and pinned.version_id:
            pin["VersionId"] = pinned.version_id
        elif pinned is not None and pinned.etag:
            pin["IfMatch"] = pinned.etag
        token = LIMIT.set(limit)
        try:
            answer = self._ask("get_object", Key=key, **pin)
        finally:
            LIMIT.reset(token)
        content: bytes = answer["Body"].read()
        return content

    def tags(self, key: str, version_id: str = "") -> dict[str, str]:
        pin = {"VersionId": version_id} if version_id else {}
        answer = self._ask("get_object_tagging", Key=key, **pin)
        if "TagSet" not in answer:
            raise SourceUnreadable("the store does not say an object's tags; look at it")
        tags = {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}
        if len(tags) != len(answer["TagSet"]):
            raise SourceUnreadable("the store says a tag of an object twice; look at it")
        return tags

    def _pages(self, prefix: str, versioned: bool) -> Iterator[dict[str, Any]]:
        """Every page of the listing, or SourceUnreadable: half a listing is none."""
        operation = "list_object_versions" if versioned else "list_objects_v2"
        following: dict[str, str] = {}
        while True:
            try:
                page = self._ask(operation, Prefix=prefix, **following)
            except Refused as refusal:
                raise _unlisted(refusal) from None
            if not isinstance(page.get("IsTruncated"), bool):
                raise SourceUnreadable("what answers is no listing of a bucket; mend the source")
            yield page
            if not page["IsTruncated"]:
                return
            before = following
            if versioned:
                next_ids = {"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"}
            else:
                next_ids = {"ContinuationToken": "NextContinuationToken"}
            following = {name: page[key] for name, key in next_ids.items() if page.get(key)}
            if not following or following == before:
                raise SourceUnreadable("the store's listing does not go on; look at it")

    def _ask(self, operation: str, **said: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.bucket, **said)
        except SourceUnreadable:
            raise
        except DocumentProblem:
            if operation == "get_object":
                raise
            raise SourceUnreadable("more comes than an answer can have; look at it") from None
        except ClientError as error:
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            code = str(error.response.get("Error", {}).get("Code", ""))
            code = code if re.fullmatch(r"[A-Za-z0-9]{1,40}", code) else ""
            gone = code in ("NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch")
            if gone or status in (0, 301, 307, 408, 429) or not 300 <= status < 500:
                raise _unlisted(Refused(status, code)) from None
            raise Refused(status, code) from None
        except Exception as error:
            # what a library says of an answer may quote it
            raise SourceUnreadable(
                f"the store gives no answer that can be read ({type(error).__name__});"
                " look at it, and at config.endpoint"
            ) from None
        return answer


def _object(key: str, size: int, said: Mapping[str, Any]) -> Object:
    version_id = str(said.get("VersionId") or "")
    return Object(
        key=key,
        size=int(size),
        etag=str(said.get("ETag") or ""),
        modified=str(said.get("LastModified") or ""),
        # "null" is overwritten in place while versioning is suspended
        version_id="" if version_id == "null" else version_id,
    )


def _unlisted(refusal: Refused) -> SourceUnreadable:
    return SourceUnreadable(
        f"the bucket cannot be read ({refusal.status} {refusal.code});"
        " mend config.bucket, region and keys, and let them list it"
    )
