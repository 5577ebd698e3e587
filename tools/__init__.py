"""What builds, serves and checks the project, with nothing installed yet: standard library only."""
