"""Devices, leases and downloads: what plays without a network.

It promises that copied files are useless off the device and stop with the subscription.
"""
