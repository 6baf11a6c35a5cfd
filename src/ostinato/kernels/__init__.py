"""One folder per recurrence: the oracle, torch's own, and whatever is faster; ``dispatch`` chooses.

Every op runs ONE layer in one or both directions over a ragged batch: rows (N, I) in step order and the
number of sequences that reach each step (``ostinato.preprocess.pack`` describes the layout).
"""
