"""Published and simulated tables, apart from the logic that reads them."""
