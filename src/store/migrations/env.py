"""Run by Alembic; the connection is the one that ``upgrade`` was given."""

from alembic import context

from mixminus.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
