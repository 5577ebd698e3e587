"""What each database server does in its own way.

Nobody else asks which dialect it is: code asks the backend, whose default answer is an honest
"unknown".
"""

from whimbrel.backends.generic import Backend, Trouble, TroubleKind
from whimbrel.backends.registry import backend_for, backend_of_error

__all__ = ["Backend", "Trouble", "TroubleKind", "backend_for", "backend_of_error"]
