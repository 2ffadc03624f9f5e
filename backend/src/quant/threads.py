"""One thread a matrix product: imported before numpy, whose library reads it once.

A lane is meant to hold one core, so that another is left to the event loop; the products of a scan would take all.
Who sets OPENBLAS_NUM_THREADS decides otherwise.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
