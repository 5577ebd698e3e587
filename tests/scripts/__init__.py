"""Scripts: their headers, the history they make, and when they are imported."""
