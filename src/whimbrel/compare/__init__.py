"""What differs between the database and the models, and what may have been renamed."""
