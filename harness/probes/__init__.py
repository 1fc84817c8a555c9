"""What is measured on a trained network: rows and figures."""

from harness.registry import register

probe = register("probe")
