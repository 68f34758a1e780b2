"""Gathers the topics' models for Django."""

from playback.ads.models import Advertiser, Campaign, Creative, Impression

__all__ = ["Advertiser", "Campaign", "Creative", "Impression"]
