"""Alerts to where people look: webhooks and chat, each channel on its own, each message until it is taken."""
