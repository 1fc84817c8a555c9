"""Addresses and errors without the passwords in them: what may be shown to anybody."""

import re


def shown_uri(uri: str) -> str:
    """An address as it may be shown to anybody: without passwords and tokens."""
    return without_passwords(uri)


def without_passwords(text: str) -> str:
    """A text in which the passwords of all addresses are stars; errors of libraries quote them."""
    text = re.sub(r"(://[^\s:@/]*):\S*@", r"\1:***@", text)
    text = re.sub(r"(https?://)[^\s:@/]+@", r"\1***@", text)
    return re.sub(r"(?i)([?&][a-z_]*(?:password|passwd|pwd|token)=)[^&\s]+", r"\1***", text)
