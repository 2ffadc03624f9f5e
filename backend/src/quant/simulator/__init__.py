"""A Binance-speaking exchange on loopback, fed by one seeded market whose truth is known.

It shares no parsing or bar code with the rest of the platform, so that one cannot hide the other's mistakes.
"""

from quant.simulator.command import main, serve
from quant.simulator.connection import WsLimits
from quant.simulator.faults import AlteredMarket, Fault, FaultKind, FaultPlan, TruthIds, random_plan
from quant.simulator.market import SimMarket
from quant.simulator.server import Running, SimConfig, running
from quant.simulator.warmup import warm

__all__ = [
    "AlteredMarket",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Running",
    "SimConfig",
    "SimMarket",
    "TruthIds",
    "WsLimits",
    "main",
    "random_plan",
    "running",
    "serve",
    "warm",
]
