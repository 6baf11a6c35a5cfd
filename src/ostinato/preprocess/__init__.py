"""From sequences as they were read to what a network takes: scaling, tokens, packing."""
