"""The old import name of Whimbrel: re-exports, nothing else."""
