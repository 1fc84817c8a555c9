"""One file from the web: resumed where it was cut, checked before it is used."""

import hashlib
import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.data.refused import Refused, amount, first_line

Progress = Callable[
    [str, int, int | None], None
]  # the file, bytes so far, bytes in all where known
BLOCK = 1 << 20
TRIES = 5
PAUSE = 1.0  # seconds before the first new try; doubled for each further one


class Cut(Exception):
    """The connection ended before the file did; what is there is kept."""


def quiet(name: str, done: int, total: int | None) -> None:
    """No progress is shown."""


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
    part = to.with_name(to.name + ".part")
    to.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(TRIES):
        before = part.stat().st_size if part.exists() else 0
        try:
            _get(url, part, progress, timeout)
            break
        except (
            Cut,
            TimeoutError,
            http.client.HTTPException,
            ConnectionError,
            urllib.error.URLError,
        ) as error:
            _give_up(url, to, error, attempt)
            time.sleep(pause * 2**attempt if _size(part) == before else 0)
    _verify(url, part, sha256)
    os.replace(part, to)
    _memo(part).unlink(missing_ok=True)
    return to


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _get(url: str, part: Path, progress: Progress, timeout: float) -> None:
    start, mark = _resumed(url, part)
    headers = {"User-Agent": "harness", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", **({"If-Range": mark} if mark else {})}
    try:
        answer = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout
        )
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is left to send, or the part is longer than the file
            raise
        part.unlink()
        _memo(part).unlink(missing_ok=True)
        raise Cut("the part on disk is not the start of the file") from error
    with answer:
        continued = answer.status == 206 and (answer.headers.get("Content-Range") or "").startswith(
            f"bytes {start}-"
        )
        start = start if continued else 0
        total = _total(answer, start)
        _memo(part).write_text(json.dumps({"url": url, "mark": _mark(answer)}))
        _room(url, part, (total or 0) - start)
        _copy(answer, part, start, total, progress)


def _copy(answer: Any, part: Path, start: int, total: int | None, progress: Progress) -> None:
    done, name = start, part.name.removesuffix(".part")
    with open(part, "ab" if start else "wb") as file:
        progress(name, done, total)
        while block := answer.read1(BLOCK):
            file.write(block)
            done += len(block)
            progress(name, done, total)
    if total is not None and done < total:
        raise Cut(f"the connection was cut after {amount(done)} of {amount(total)}")


def _resumed(url: str, part: Path) -> tuple[int, str | None]:
    """How much of this very address is here, and the mark by which the server knows that version."""
    try:
        said = json.loads(_memo(part).read_text())
    except (OSError, ValueError):
        said = {}
    if said.get("url") != url or not part.exists():
        part.unlink(missing_ok=True)
        return 0, None
    return part.stat().st_size, said.get("mark")


def _give_up(url: str, to: Path, error: Exception, attempt: int) -> None:
    """Says what to do where another try would not help, or was the last."""
    by_hand = f"get it in another way, e.g. with a browser, and put it at {to}"
    if isinstance(error, urllib.error.HTTPError) and error.code < 500:
        raise Refused(
            f"{url}: the server answers {error.code} ({error.reason}); {by_hand}"
        ) from error
    if attempt + 1 == TRIES:
        reason = getattr(error, "reason", None) or error
        said = first_line(reason) if isinstance(reason, BaseException) else str(reason)
        said = f"{error.code} {said}" if isinstance(error, urllib.error.HTTPError) else said
        what = f"it cannot be reached or keeps breaking off ({said})"
        raise Refused(f"{url}: {what}; try again later, or {by_hand}") from error


def _verify(url: str, part: Path, sha256: str | None) -> None:
    if sha256 is None or (found := sha256_of(part)) == sha256:
        return
    size = amount(part.stat().st_size)
    part.unlink()
    _memo(part).unlink(missing_ok=True)
    raise Refused(
        f"{url}: the {size} that came have sha256 {found}, expected {sha256}; nothing of it was kept"
    )


def _room(url: str, part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise Refused(
            f"{url}: {amount(needed)} are to come, {amount(free)} are free in {part.parent}; make room"
        )


def _total(answer: Any, start: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return start + int(length) if length and length.isdigit() else None


def _mark(answer: Any) -> str | None:
    tag = answer.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")


def _memo(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
