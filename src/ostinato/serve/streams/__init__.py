"""Who has which stream: sessions of a model, batches of their steps, and the store that outlives the process."""
