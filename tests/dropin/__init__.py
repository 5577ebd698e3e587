"""Whimbrel in the place of Flask-Migrate: in its old repositories, and side by side with it."""
