"""Quant Analytics Platform: exchange wire to pair statistics, alerts and a live dashboard."""

from importlib.metadata import version

__version__ = version("quant-analytics-platform")
