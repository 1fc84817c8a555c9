"""Data sets: real ones, the user's own files, and procedural stand-ins."""

from harness.spec.catalogue import register

dataset = register("dataset")
