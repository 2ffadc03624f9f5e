"""Faults on demand: what a seeded plan does to the simulated exchange, and how often each has bitten."""

from quant.simulator.faults.generator import random_plan
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.kinds import KINDS, FaultKind, Layer
from quant.simulator.faults.market import AlteredMarket, TruthIds
from quant.simulator.faults.plan import Fault, FaultPlan

__all__ = [
    "KINDS",
    "AlteredMarket",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Injector",
    "Layer",
    "TruthIds",
    "random_plan",
]
