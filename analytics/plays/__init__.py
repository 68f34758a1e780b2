"""Intake and the ledger of plays: each play is kept once, under its own id."""
