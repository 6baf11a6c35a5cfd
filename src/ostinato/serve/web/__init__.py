"""The server: routes, who may use them, and how much they take; nothing here knows what a model does."""
