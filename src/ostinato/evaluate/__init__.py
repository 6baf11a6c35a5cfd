"""How good a model is and why: evaluations, attribution, the verdict on gradient flow, HTML reports."""
