"""Who has which stream: sessions of a model, batches of their steps, a store that outlives the process."""
