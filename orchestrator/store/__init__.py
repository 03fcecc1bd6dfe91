"""What is kept in Postgres, and the jobs that run on it. Plain SQL stands beside the function that runs it.

Read `ledger.py` first: it is the only writer of the record.
"""
