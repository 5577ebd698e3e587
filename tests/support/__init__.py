"""What the tests stand on: databases on real servers, and Flask projects in real processes."""
