"""Run by alembic. The connection comes from `orchestrator.store.schema`; there is no file with an address in it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
