"""Questions, their flags, differences, snapshot files."""
