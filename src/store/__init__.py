"""The database: tables, migrations, and one repository an aggregate, used within a transaction.

Repositories return the models of ``conference``, ``call`` and ``recording``. Those modules
(``model``, ``states``, ``health``) are pure and import nothing of the store: the arrow upwards stops there.
"""
