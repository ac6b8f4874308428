"""One file, one table: copy a neighbour. `rows(host)` returns the rows, or raises Unreadable with the cause.

A row is a dict of text, numbers, booleans, lists and None. Where a part of a table could not be read, its row says so
under `cause`; where the whole could not, `rows` raises. A row that is not there means that there is nothing.
"""
