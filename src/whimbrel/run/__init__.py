"""Runs scripts on a target: the environment that ``env.py`` runs in, and the record of what was done."""

from whimbrel.run.entry import run_environment
from whimbrel.run.environment import RunnerEnvironment, Work
from whimbrel.run.logs import Logs, logs_obey, muted, quietly
from whimbrel.run.looking import (
    Interruption,
    bind_of,
    interruption_in,
    outline_in,
    outline_of,
    records_in,
    runner_in,
    texts_in,
)
from whimbrel.run.progress import Progress
from whimbrel.run.project import Project
from whimbrel.run.recording import checksum_in, checksum_of, drops_of, text_of
from whimbrel.run.version_table import history_name
from whimbrel.run.waiting import pauses

__all__ = [
    "Interruption",
    "Logs",
    "Progress",
    "Project",
    "RunnerEnvironment",
    "Work",
    "bind_of",
    "checksum_in",
    "checksum_of",
    "drops_of",
    "history_name",
    "interruption_in",
    "logs_obey",
    "muted",
    "outline_in",
    "outline_of",
    "pauses",
    "quietly",
    "records_in",
    "run_environment",
    "runner_in",
    "text_of",
    "texts_in",
]
