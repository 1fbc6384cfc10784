"""Actions: what a flow can say, one file a family; each reads its options from the API's JSON into values."""
