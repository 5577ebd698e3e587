"""What scripts drop is kept, and comes back."""
