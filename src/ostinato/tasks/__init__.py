"""One file per task: its network, its targets, its loss and its measure of progress."""
