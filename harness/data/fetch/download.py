"""A file from the web: resumed where it was cut, checked before it is used."""

import hashlib
import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.refused import Refused, first_line
from harness.spec.sizes import bytes_text

# The file, bytes so far, bytes in all where the server says so.
Progress = Callable[[str, int, int | None], None]
BLOCK = 1 << 20
TRIES = 5
PAUSE = 1.0  # seconds before the first new try; doubled for each further one


class Cut(Exception):
    """The connection ended before the file did; what has come is kept."""


# What another try may mend, beside errors of the server.
INTERRUPTIONS = (
    Cut,
    TimeoutError,
    http.client.HTTPException,
    ConnectionError,
    urllib.error.URLError,
)


@dataclass(frozen=True)
class _Part:
    """What has come of a file, and a memo of where it came from."""

    path: Path

    @property
    def memo(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def remove(self) -> None:
        self.path.unlink()
        self.memo.unlink(missing_ok=True)


def quiet(
    name: str,
    received: int,
    total: int | None,
) -> None:
    """Shows no progress."""


def download(
    url: str,
    to: Path,
    sha256: str | None,
    *,
    progress: Progress = quiet,
    timeout: float = 30.0,
    pause: float = PAUSE,
) -> Path:
    """The file at `url` as `to`; an earlier part of it is continued where the server allows it."""
    if not url.startswith(("http://", "https://")):
        raise Refused(f"{url}: only http and https addresses are fetched")
    part = _Part(to.with_name(to.name + ".part"))
    to.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(TRIES):
        size_before = part.size
        try:
            _fetch(url, part, progress, timeout)
            break
        except INTERRUPTIONS as error:
            _refuse_if_hopeless(url, to, error, attempt)
            if part.size == size_before:
                time.sleep(pause * 2**attempt)
    _verify(url, part, sha256)
    os.replace(part.path, to)
    part.memo.unlink(missing_ok=True)
    return to


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(url: str, part: _Part, progress: Progress, timeout: float) -> None:
    """Asks for what is missing of a file and appends it, or for all of it where it has changed."""
    start, version = _where_to_resume(url, part)
    headers = {"User-Agent": "harness", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if version:
            headers["If-Range"] = version
    request = urllib.request.Request(url, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is left to send, or the part is longer than the file
            raise
        part.remove()
        raise Cut("the part on disk is not the start of the file") from error
    with answer:
        if not _continues_at(answer, start):
            start = 0
        total = _total(answer, start)
        memo = {"url": url, "mark": _version(answer)}
        part.memo.write_text(json.dumps(memo))
        _check_free_space(url, part, (total or 0) - start)
        _copy(answer, part, start, total, progress)


def _continues_at(answer: Any, start: int) -> bool:
    """Whether an answer is the rest of the file from `start` on, rather than all of it."""
    if answer.status != 206:
        return False
    content_range: str = answer.headers.get("Content-Range") or ""
    return content_range.startswith(f"bytes {start}-")


def _copy(
    answer: Any,
    part: _Part,
    start: int,
    total: int | None,
    progress: Progress,
) -> None:
    """Writes an answer to the end of the part, or over it where `start` is 0."""
    received = start
    name = part.path.name.removesuffix(".part")
    with open(part.path, "ab" if start else "wb") as file:
        progress(name, received, total)
        while block := answer.read1(BLOCK):
            file.write(block)
            received += len(block)
            progress(name, received, total)
    if total is not None and received < total:
        sizes = f"{bytes_text(received)} of {bytes_text(total)}"
        raise Cut(f"the connection was cut after {sizes}")


def _where_to_resume(url: str, part: _Part) -> tuple[int, str | None]:
    """How much of this very address has come, and what the server called its version."""
    try:
        memo = json.loads(part.memo.read_text())
    except (OSError, ValueError):
        memo = {}
    if memo.get("url") != url or not part.path.exists():
        part.path.unlink(missing_ok=True)
        return 0, None
    return part.size, memo.get("mark")


def _refuse_if_hopeless(url: str, to: Path, error: Exception, attempt: int) -> None:
    """Says what to do where another try would not help, or was the last."""
    by_hand = f"get it in another way, e.g. with a browser, and put it at {to}"
    if isinstance(error, urllib.error.HTTPError) and error.code < 500:
        answer = f"the server answers {error.code} ({error.reason})"
        raise Refused(f"{url}: {answer}; {by_hand}") from error
    if attempt + 1 == TRIES:
        problem = f"it cannot be reached or keeps breaking off ({_reason(error)})"
        raise Refused(f"{url}: {problem}; try again later, or {by_hand}") from error


def _reason(error: Exception) -> str:
    """Why a connection failed, in a line."""
    reason = getattr(error, "reason", None) or error
    text = first_line(reason) if isinstance(reason, BaseException) else str(reason)
    if isinstance(error, urllib.error.HTTPError):
        text = f"{error.code} {text}"
    return text


def _verify(url: str, part: _Part, sha256: str | None) -> None:
    """Removes and refuses what does not have the checksum that is published."""
    if sha256 is None:
        return
    actual = sha256_of(part.path)
    if actual == sha256:
        return
    size = bytes_text(part.size)
    part.remove()
    problem = f"the {size} that came have sha256 {actual}, expected {sha256}"
    raise Refused(f"{url}: {problem}; nothing of it was kept")


def _check_free_space(url: str, part: _Part, needed: int) -> None:
    folder = part.path.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        sizes = f"{bytes_text(needed)} are to come, {bytes_text(free)} are free"
        raise Refused(f"{url}: {sizes} in {folder}; make room")


def _total(answer: Any, start: int) -> int | None:
    """The bytes of the whole file, where the server says how many are to come."""
    length = answer.headers.get("Content-Length")
    if not length or not length.isdigit():
        return None
    return start + int(length)


def _version(answer: Any) -> str | None:
    """What the server calls this version of the file: a tag that binds, or the time of change."""
    tag: str | None = answer.headers.get("ETag")
    if tag and not tag.startswith("W/"):
        return tag
    changed: str | None = answer.headers.get("Last-Modified")
    return changed
