"""From a network's scores to answers: one file a task, with its metrics, and the files that hold answers."""
