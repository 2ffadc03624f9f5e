"""Rules over market numbers: what can be asked, when it is true, and what happened. No I/O, no event loop, no clock."""
