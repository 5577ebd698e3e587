"""The states of real life: each is made for real, and the printed way out is followed to its end."""
