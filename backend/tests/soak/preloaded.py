"""Imported once by the process that soak workers are forked from, so that each starts in milliseconds."""

import quant.market.warm_up
import quant.simulator
from soak import exchange_side, platform_side

quant.market.warm_up.warm()
quant.simulator.warm()

__all__ = ["exchange_side", "platform_side"]
