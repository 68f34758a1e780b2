"""Playing: links, tickets, slots and ads.

It promises that a ticket is only ever given to who may play, and that a warm one costs no SQL.
"""
