"""scikit-learn's face of the tasks."""
