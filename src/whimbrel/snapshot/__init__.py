"""What a database looks like: frozen values, without SQL and without a connection.

`whimbrel.backends` makes them, `whimbrel.compare` looks for the differences, and the text form
(`whimbrel.snapshot.text`) is what is committed beside the scripts.
"""

from whimbrel.bookkeeping import is_bookkeeping as is_bookkeeping
from whimbrel.snapshot.database import Snapshot as Snapshot
from whimbrel.snapshot.database import snapshot_of as snapshot_of
from whimbrel.snapshot.keys import Key as Key
from whimbrel.snapshot.objects import Definition as Definition
from whimbrel.snapshot.objects import Domain as Domain
from whimbrel.snapshot.objects import Enum as Enum
from whimbrel.snapshot.objects import Extension as Extension
from whimbrel.snapshot.objects import Function as Function
from whimbrel.snapshot.objects import MaterializedView as MaterializedView
from whimbrel.snapshot.objects import Procedure as Procedure
from whimbrel.snapshot.objects import Schema as Schema
from whimbrel.snapshot.objects import Sequence as Sequence
from whimbrel.snapshot.objects import View as View
from whimbrel.snapshot.objects import Whole as Whole
from whimbrel.snapshot.tables import Check as Check
from whimbrel.snapshot.tables import Column as Column
from whimbrel.snapshot.tables import Exclusion as Exclusion
from whimbrel.snapshot.tables import ForeignKey as ForeignKey
from whimbrel.snapshot.tables import Index as Index
from whimbrel.snapshot.tables import Numbering as Numbering
from whimbrel.snapshot.tables import Part as Part
from whimbrel.snapshot.tables import Policy as Policy
from whimbrel.snapshot.tables import PrimaryKey as PrimaryKey
from whimbrel.snapshot.tables import Table as Table
from whimbrel.snapshot.tables import Trigger as Trigger
from whimbrel.snapshot.tables import Unique as Unique
