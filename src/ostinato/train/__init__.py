"""Finding weights: the loop, what it saves, and how it goes on after a stop."""
