"""Quant Analytics Platform: exchange wire to pair statistics, alerts and a live dashboard."""
