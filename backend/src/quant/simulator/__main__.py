"""`python -m quant.simulator`: the simulated exchange as a process of its own."""

import sys

from quant.simulator.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
