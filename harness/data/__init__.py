"""Data sets: real ones, the user's own files, and procedural stand-ins."""

from harness.registry import register

dataset = register("dataset")
