"""Runs the migrations within the transaction the store began, so a failed one leaves nothing behind.

A new revision is written by hand into ``versions/``, in plain SQLAlchemy types: a script must go on meaning what it
meant when the models change. Then set ``bot.store.schema.HEAD``. ``tests/store`` compares the result with the models.
"""

from alembic import context

from bot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
