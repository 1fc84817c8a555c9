"""Addresses and errors without the passwords in them: what may be shown to anybody."""

import re

# What a key, a token or a password looks like: the forms of large services, and settings whose name
# says so.
SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|hf|xox[abprs]|sk|pk)[_-][\w-]{16,}"),
    re.compile(r"\bAIza[\w-]{30,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
)
NAMED_SECRET = re.compile(
    r"""(?ix)
    (\b[\w.-]*(?:password|passwd|secret|token|api_?key|access_?key|credentials?)\w*["']?
    \s*[=:]\s*)
    (["'])[^"'\n]{6,}\2
    """
)


def without_secrets(text: str) -> str:
    """A text in which passwords, keys and tokens are stars."""
    text = without_passwords(text)
    for secret in SECRETS:
        text = secret.sub("***", text)
    return NAMED_SECRET.sub(r"\1\2***\2", text)


def shown_uri(uri: str) -> str:
    """An address as it may be shown to anybody: without passwords and tokens."""
    return without_passwords(uri)


def without_passwords(text: str) -> str:
    """A text in which the passwords of all addresses are stars; errors of libraries quote them."""
    text = re.sub(r"(://[^\s:@/]*):\S*@", r"\1:***@", text)
    text = re.sub(r"(https?://)[^\s:@/]+@", r"\1***@", text)
    return re.sub(r"(?i)([?&][a-z_]*(?:password|passwd|pwd|token)=)[^&\s]+", r"\1***", text)
