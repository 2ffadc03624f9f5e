"""After the warm-up nothing of the market compiles any more: the first trade is as fast as the next."""

import os
import subprocess
import sys
from pathlib import Path

# In a process of its own: here the kernels have long been called by other tests.
FIRST_CALLS = """
from decimal import Decimal
from market.comparing import Close, do, klines, new_state
from market.reference import Kline
from market.tape import START, batch, trade
from quant.market import bar_kernels, kernels
from quant.market.warm_up import warm

def signatures():
    found = {}
    for module in (kernels, bar_kernels):
        for name, value in vars(module).items():
            if hasattr(value, "signatures"):
                found[name] = list(map(str, value.signatures))
    return found

warm()
warmed = signatures()
assert any(warmed.values())
state = new_state()
state.apply(batch([trade("A", 1, 0.5), trade("A", 4, 3.5), trade("A", 3, 2.5), trade("A", 2, 1.5)]))
do(state, Close(9, ("A",)))
state.apply(batch([trade("A", 9, 12.5)]))
history = Kline(START - 10**9, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1)
state.load_klines("A", "1s", klines([history]))
now = signatures()
assert now == warmed, {name: now[name] for name in now if now[name] != warmed[name]}
"""


def test_no_call_compiles_after_the_warm_up():
    tests = Path(__file__).parents[1]
    outcome = subprocess.run(
        [sys.executable, "-c", FIRST_CALLS],
        env=os.environ | {"PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
