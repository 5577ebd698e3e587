"""Two databases beside each other, on the real servers."""
