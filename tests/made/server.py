"""A web server on this machine whose manners a test sets, and archives for it to offer."""

import http.server
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

BODY = bytes(range(256)) * 4000


class Server:
    """A web server whose manners a test sets; it notes the ranges that were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"/a.bin": BODY}
        self.requested_ranges: list[str | None] = []
        self.knows_ranges = True
        self.cuts = 0  # answers that break off after a third
        self.stall = 0.0  # seconds before such an answer ends
        self.status = 200
        self.tag = '"one"'
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        serve = self.http.serve_forever
        threading.Thread(target=serve, daemon=True, kwargs={"poll_interval": 0.01}).start()
        self.root = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answers with a file, or the rest of it, or as far as the manners allow."""
        wanted_range = request.headers.get("Range")
        self.requested_ranges.append(wanted_range)
        body = self.files.get(request.path)
        if body is None:
            request.send_error(404)
            return
        if self.status != 200:
            request.send_error(self.status)
            return
        start = 0
        is_same = request.headers.get("If-Range") in (None, self.tag)
        if wanted_range and self.knows_ranges and is_same:
            start = int(wanted_range.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                request.send_error(416)
                return
            request.send_response(206)
            length = len(body)
            request.send_header("Content-Range", f"bytes {start}-{length - 1}/{length}")
        else:
            request.send_response(200)
        rest = body[start:]
        request.send_header("Content-Length", str(len(rest)))
        request.send_header("ETag", self.tag)
        request.end_headers()
        if self.cuts:
            self.cuts -= 1
            self._break_off(request, rest[: len(rest) // 3])
            return
        request.wfile.write(rest)

    def _break_off(self, request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        request.wfile.write(content)
        request.wfile.flush()
        time.sleep(self.stall)
        request.connection.close()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def zip_of(
    files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> bytes:
    """A zip archive of these files; `change` does something to the head of each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, content)
    return buffer.getvalue()


def tar_of(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """A tar archive of a file with the content 'data', or of a link or a device."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = link
        if kind == tarfile.REGTYPE:
            info.size = 4
        archive.addfile(info, io.BytesIO(b"data"))
    return buffer.getvalue()
