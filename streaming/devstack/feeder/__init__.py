"""Brings the demo in through the front door: over HTTP, as a label editor, an operator and listeners would.

`http` speaks to the server, `forms` fills in pages, `admin` is a signed-in member of staff, `editor` adds the
catalogue, `listeners` sign up and listen. `streaming.devstack.feed` lets them work together.
"""
