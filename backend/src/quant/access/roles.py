"""What a caller may do: each role may what the one before it may."""

from enum import StrEnum


class Role(StrEnum):
    """`viewer` reads; `operator` also runs streams, rules and imports; `admin` also manages users."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def may(self, least: "Role") -> bool:
        """Tell whether this role includes `least`."""
        return _RANKS[self] >= _RANKS[least]


_RANKS = {role: rank for rank, role in enumerate(Role)}
