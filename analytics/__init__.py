"""Counting: the ledger of plays, totals, and the dashboards that read them.

It promises that a play is counted once, however often and late it is sent.
"""
