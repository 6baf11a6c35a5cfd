"""A trained model in other forms: smaller, or run by other programs."""
