"""What is done again and again at fixed times."""

import asyncio
import math
from collections.abc import AsyncGenerator


async def beats(every_s: float) -> AsyncGenerator[None]:
    """Yield every `every_s` seconds, however long what is done in between takes; missed beats are left out."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while True:
        now_s = loop.time()
        due_s += every_s * max(1, math.ceil((now_s - due_s) / every_s))
        await asyncio.sleep(due_s - now_s)
        yield
