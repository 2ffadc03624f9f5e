"""What outlives the process: the data directory and its owner, metadata in SQL."""
