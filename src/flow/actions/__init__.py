"""Actions: one file a family, each with the options, the execution and the catalogue rows of its types."""
