"""Loads what workers need, once, in the process that they are forked from."""

import importlib
import os
import signal

from harness.run.orphan import be_silent_without_parent
from harness.spec.catalogue import HOMES, BadSignature, catalogue

signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # a scheduler sends it to all; the parent decides
be_silent_without_parent()
for kind in HOMES:  # read from the source once, not in each worker: a fifth of a second
    try:
        catalogue(kind)
    except BadSignature:  # the parent has said so
        continue
for module in os.environ.get("HARNESS_PRELOAD", "").split(","):
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001  the job that needs it meets the same error, and can say so
        continue
