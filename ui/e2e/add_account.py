"""Adds an account to the database of a server that is not running, with the password of its first one.

python3 add_account.py HOME/tradewind.db NAME ROLE
"""

import sqlite3
import sys

database, name, role = sys.argv[1:]
with sqlite3.connect(database) as connection:
    done = connection.execute(
        "INSERT INTO account (name, password_hash, role, created_at_us)"
        " SELECT ?, password_hash, ?, created_at_us FROM account LIMIT 1",
        (name, role),
    )
    assert done.rowcount == 1
