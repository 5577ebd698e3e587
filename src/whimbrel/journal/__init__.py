"""The durable record of what was run, in the target: what is finished, and how far an unfinished revision is.

One rule for all servers: what was done is kept in memory, and at each commit inside a revision it is written in
the very transaction that commits. So where one transaction holds the whole revision nothing is written until its end.
"""

from whimbrel.journal.entries import Past, Record, State, Unfinished
from whimbrel.journal.journal import Journal
from whimbrel.journal.tables import Tables

__all__ = ["Journal", "Past", "Record", "State", "Tables", "Unfinished"]
