"""Speech to text, in processes of its own; ``service`` explains how."""
