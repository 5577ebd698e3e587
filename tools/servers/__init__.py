"""Throwaway database servers on free loopback ports, which die with the run that asked for them.

`running()` is what a program uses, `python -m tools.servers` what a person does. The servers belong to a
keeper, a process of its own, that ends them when the run's end of a pipe closes: however the run ends.
"""

from tools.servers.kinds import KINDS, enabled_backends, url_variable
from tools.servers.lease import ServersError, running

__all__ = ["KINDS", "ServersError", "enabled_backends", "running", "url_variable"]
