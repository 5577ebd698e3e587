"""Database migrations for Flask and SQLAlchemy."""
