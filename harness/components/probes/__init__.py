"""What is measured on a trained network: rows and figures."""

from harness.spec.catalogue import register

probe = register("probe")
