"""How a command that the server's own user starts beside it shows who it is."""

from typing import Final

SECRET_HEADER: Final = "X-Quant-Handover"  # noqa: S105  a header's name
"""Holds the secret that the server keeps in its data directory, in a file which only its user can read."""
