"""HTTP and WebSocket: parsed input, one engine call, one schema."""
