"""From scores to what was meant: tokens drawn, the likeliest sequence searched, labels, speech."""
