"""The database: tables, migrations, and one repository per resource (``*Rows``), used within a transaction.

Repositories take and return the dataclasses of ``model``.
"""
