"""Gathers the topics' admin for Django."""

from analytics.charts import admin as charts

__all__ = ["charts"]
