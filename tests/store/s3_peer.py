"""A small object storage that speaks S3, for tests of what is sent there: it checks signatures and can be made to fail.

Requests are those of "Amazon Simple Storage Service, API Reference, 2006-03-01": GetObject (ranges too), HeadObject,
PutObject, DeleteObject, ListObjectsV2, CreateMultipartUpload, UploadPart, CompleteMultipartUpload and
AbortMultipartUpload. Signatures are those of "Signature Version 4", written from its description and by no code of a
client: canonical request, string to sign, derived key. Bodies in signed or unsigned chunks (``aws-chunked``) are taken
apart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS, SECRET, REGION, BUCKET = "an-access-key", "a-secret-key", "eu-north-1", "bucket"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)"
)


@dataclass
class Storage:
    """What lies in the bucket, what was asked, and what is to go wrong."""

    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """method and key"""
    refuse: Callable[[str, str], tuple[int, str] | None] = lambda method, key: None
    """status and code of S3 for a request (method, key) that is to fail; status 0: the line is cut half way"""


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret: str, request: BaseHTTPRequestHandler, day: str, region: str, names: str) -> str:
    """What a request must be signed with."""
    target = urlsplit(request.path)
    query = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(target.query, keep_blank_values=True)
    )
    lines = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";")]
    payload = request.headers.get("x-amz-content-sha256", "")
    path = quote(unquote(target.path), safe="/-_.~")
    canonical = "\n".join(
        [request.command, path, "&".join(f"{k}={v}" for k, v in query), "".join(lines), names, payload]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers.get("x-amz-date", ""), scope, digest])
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = _mac(key, part)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: Storage

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def log_message(self, *_: object) -> None: ...

    def _answer(self, act: Callable[[str, dict[str, str], bytes], None]) -> None:
        target = urlsplit(self.path)
        bucket, _, key = unquote(target.path).lstrip("/").partition("/")
        self.storage.asked.append((self.command, key))
        trouble = self.storage.refuse(self.command, key)
        if trouble is not None and trouble[0] == 0:
            self._hang_up(key)
            return
        body = self._body()
        trouble = trouble or self._refused(bucket, body)
        if trouble is not None:
            self._fail(*trouble)
        else:
            act(key, dict(parse_qsl(target.query, keep_blank_values=True)), self._plain(body))

    def _hang_up(self, key: str) -> None:
        """In the middle of what comes, or of what goes."""
        self.rfile.read(int(self.headers.get("content-length", "0")) // 2)
        if self.command == "GET" and key in self.storage.objects:
            content = self.storage.objects[key]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
        self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("expect", "").lower() == "100-continue" and self.request_version == "HTTP/1.0":
            self.send_response_only(100)
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _refused(self, bucket: str, body: bytes) -> tuple[int, str] | None:
        found = _SIGNED.fullmatch(self.headers.get("authorization", ""))
        if found is None:
            return 403, "AccessDenied"
        access, day, region, names, signed = found.groups()
        if access != ACCESS:
            return 403, "InvalidAccessKeyId"
        if region != REGION or signed != signature(SECRET, self, day, region, names):
            return 403, "SignatureDoesNotMatch"
        told = self.headers.get("x-amz-content-sha256", "")
        if len(told) == 64 and told != hashlib.sha256(body).hexdigest():
            return 400, "XAmzContentSHA256Mismatch"
        return None if bucket == BUCKET else (404, "NoSuchBucket")

    def _plain(self, body: bytes) -> bytes:
        """A body without the chunks of ``aws-chunked``."""
        if not self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            return body
        out = b""
        while body:
            head, _, body = body.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if not size:
                break
            out, body = out + body[:size], body[size + 2 :]
        assert len(out) == int(self.headers["x-amz-decoded-content-length"])
        return out

    def _get(self, key: str, query: dict[str, str], _: bytes) -> None:
        if not key:
            self._list(query)
        elif key not in self.storage.objects:
            self._fail(404, "NoSuchKey")
        else:
            self._content(self.storage.objects[key])

    def _content(self, content: bytes) -> None:
        extra = {"Last-Modified": "Fri, 08 May 2026 00:00:00 GMT", "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if not asked:
            self._send(200, content, extra)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if first > last:
            self._fail(416, "InvalidRange")
            return
        extra["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(206, content[first : last + 1], extra)

    def _list(self, query: dict[str, str]) -> None:
        prefix = query.get("prefix", "")
        keys = [key for key in sorted(self.storage.objects) if key.startswith(prefix)][
            : int(query.get("max-keys", "1000"))
        ]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.storage.objects[key])}</Size></Contents>"
            for key in keys
        )
        self._xml(f"<ListBucketResult><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(keys)}</KeyCount>"
                  f"<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>")  # fmt: skip

    def _put(self, key: str, query: dict[str, str], body: bytes) -> None:
        tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        if "uploadId" in query:
            self.storage.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.storage.objects[key] = body
        self._send(200, b"", {"ETag": f'"{tag}"'})

    def _post(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploads" in query:
            id = f"upload-{len(self.storage.parts)}"
            self.storage.parts[id] = {}
            return self._xml(f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
                             f"<UploadId>{id}</UploadId></InitiateMultipartUploadResult>")  # fmt: skip
        parts = self.storage.parts.pop(query["uploadId"])
        wanted = [int(number) for number in re.findall(r"<PartNumber>(\d+)</PartNumber>", body.decode())]
        if not wanted or not set(wanted) <= set(parts):
            return self._fail(400, "InvalidPart")
        self.storage.objects[key] = b"".join(parts[number] for number in wanted)
        return self._xml(f"<CompleteMultipartUploadResult><Key>{escape(key)}</Key></CompleteMultipartUploadResult>")

    def _delete(self, key: str, query: dict[str, str], _: bytes) -> None:
        if "uploadId" in query:
            self.storage.parts.pop(query["uploadId"], None)
        else:
            self.storage.objects.pop(key, None)
        self._send(204, b"", {})

    def _fail(self, status: int, code: str) -> None:
        self._xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status)

    def _xml(self, text: str, status: int = 200) -> None:
        content = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
        self._send(status, content, {"Content-Type": "application/xml"})

    def _send(self, status: int, content: bytes, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**extra, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def storage() -> Iterator[Storage]:
    """The storage, on a free port of this machine."""
    held = Storage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Request", (_Request,), {"storage": held}))
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
