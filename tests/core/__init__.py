"""The core through real processes and real databases."""
