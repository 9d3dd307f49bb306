"""How good predictions of relbench tasks are, beside what simpler models make of the same rows."""
