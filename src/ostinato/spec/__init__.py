"""What a model is, as data: strict, versioned, and without anything that could name code."""
