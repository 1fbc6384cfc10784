"""Several servers on one PostgreSQL: who lives, and who does what one of them does for all."""
