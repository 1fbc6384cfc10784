"""Speech: what was said becomes text."""
