"""What each server does in its own way."""
