"""Two snapshots → changes."""

from whimbrel.compare.answers import Answers as Answers
from whimbrel.compare.answers import ColumnRename as ColumnRename
from whimbrel.compare.answers import TableRename as TableRename
from whimbrel.compare.answers import ValueRename as ValueRename
from whimbrel.compare.answers import renamed as renamed
from whimbrel.compare.changes import Added as Added
from whimbrel.compare.changes import Altered as Altered
from whimbrel.compare.changes import Change as Change
from whimbrel.compare.changes import Comparison as Comparison
from whimbrel.compare.changes import Removed as Removed
from whimbrel.compare.changes import Renamed as Renamed
from whimbrel.compare.snapshots import compare as compare
