"""Where weights start, on top of the library's random initialisation."""

from harness.registry import register

init = register("init")
