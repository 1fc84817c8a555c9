"""Where weights start, on top of the library's random initialisation."""

from harness.spec.catalogue import register

init = register("init")
