"""From the exchange to trade batches: protocol adapter, connection runner, REST, recordings and their replay."""
