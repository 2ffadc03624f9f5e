"""Archives as data.binance.vision offers them, made from trades."""

import hashlib
import random
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from recorded import Trade

AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
DAY_MS = 86_400_000
MARCH_MS = 1_740_787_200_000  # 2025-03-01


def write_agg_trades(path: Path, trades: Iterable[Trade], *, checksum: bool = False) -> Path:
    """Write one symbol's trades as a zipped aggTrades file."""
    lines, first = [AGG_HEADER], 90_000
    for trade in trades:
        maker = "true" if trade.sold else "false"
        last = first + trade.count - 1
        lines.append(f"{trade.id},{trade.price},{trade.size},{first},{last},{trade.time_ms},{maker}\n")
        first = last + 1
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"{path.stem}.csv", "".join(lines))
    if checksum:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.CHECKSUM").write_text(f"{digest}  {path.name}\n")
    return path


def day_of_trades(
    *, seed: int, day_ms: int, every_ms: int, first_id: int, symbol: str = "BTCUSDT", price: float = 42_000
) -> list[Trade]:
    """Return a day of trades that walk around a price; now and then one is stamped a little before its forerunner."""
    dice = random.Random(seed)
    trades: list[Trade] = []
    now, trade_id = day_ms + dice.randrange(every_ms), first_id
    while now < day_ms + DAY_MS:
        price *= 1 + dice.gauss(0, 1e-4)
        stamp = max(now - (dice.randrange(5) if dice.random() < 0.01 else 0), day_ms)
        size = Decimal(dice.randrange(1, 5_000)).scaleb(-3)
        sold, count = dice.random() < 0.5, dice.randrange(1, 4)
        trades.append(Trade(symbol, trade_id, stamp, Decimal(f"{price:.1f}"), size, sold, count))
        trade_id += 1
        now += dice.randrange(1, 2 * every_ms)
    return trades
