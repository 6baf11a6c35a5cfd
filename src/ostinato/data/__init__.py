"""From sequences in memory to batches: splits, packing, and the order in which examples are seen."""
