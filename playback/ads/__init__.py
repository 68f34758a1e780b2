"""Ads between tracks for who does not pay: what is sold, who hears which ad, and what is counted of it."""
