"""The engines, each in a file: jobs -> events, in this process, in processes or on a cluster."""

from harness.run.engines.processes import processes as processes
from harness.run.inline import inline as inline
