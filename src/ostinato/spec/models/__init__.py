"""What describes a model of each task: one file a task, imported when a model of it is asked for."""
