"""Who may do what: roles, passwords and signed tokens. No I/O, no event loop."""
