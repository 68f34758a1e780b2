"""What a user may do now: purchases, grants, entitlements, and the viewer record that the hot path reads.

It promises that `entitlements_for` is a pure fold of our rows, whatever order they came in.
"""
