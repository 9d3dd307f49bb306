"""What each statement does to the draft; ``apply`` sends a statement to its handler."""
