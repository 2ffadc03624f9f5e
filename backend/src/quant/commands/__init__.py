"""The longer commands of `quant`, one module each, and what they share."""
