"""What columns and tables mean, read from their names: ``classifier.meaning``, ``times.time_role``,
``roles.table_role``, and the word lists that fill them (``vocabularies``).

Plain data in, plain data out; nothing here knows of plans or SQL text.
"""
