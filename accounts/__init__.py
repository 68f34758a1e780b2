"""Who someone is: users, sign-in, sessions and access tokens.

It promises that a valid access token names an active session, checked without SQL.
"""
