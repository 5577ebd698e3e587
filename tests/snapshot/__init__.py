"""The snapshot's values, its text form, and the reading of SQLite's stored texts."""
