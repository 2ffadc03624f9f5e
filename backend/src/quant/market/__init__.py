"""Market state in columns: tick rings, bars, holes, the market's own clock. No I/O, no asyncio."""
