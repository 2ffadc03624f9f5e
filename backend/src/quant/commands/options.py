"""The options of the longer commands, and lines to copy; what does the work is imported only when it is asked for."""

import argparse

IMPORT = """Put past trades and bars into the stored history, where /data, the analytics and replays find them.

Reads what data.binance.vision offers (aggTrades, trades, klines; zip, gz or csv, with or without a header) and bars
as CSV, Parquet or Feather with the columns date, open, high, low, close, volume. A .CHECKSUM file beside an archive
is verified. An import that was cut short goes on when the same line is run again. Beside a running server the server
does the work. Files of plain trades go to a market of their own, such as binance-um-trades: their ids are of another
kind than those of aggTrades.
"""

IMPORT_LINES = """lines to copy:
  quant import BTCUSDT-aggTrades-2025-03-01.zip
  quant import BTCUSDT-aggTrades-2025-03-*.zip ETHUSDT-aggTrades-2025-03-*.zip
  quant import BTCUSDT-1m-2025-03.zip
  quant import --market binance-spot BTCUSDT-aggTrades-2025-03-01.zip
  quant import --symbol BTCUSDT --interval 1m my-bars.parquet
  curl -O https://data.binance.vision/data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-03-01.zip
  curl -O https://data.binance.vision/data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-03-01.zip.CHECKSUM
"""


# Any: argparse's own word for what add_subparsers returns is private.
def add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    parser = commands.add_parser(
        "import",
        help="put archives of trades and bars into the history",
        description=IMPORT,
        epilog=IMPORT_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="zip, gz, csv, parquet or feather")
    parser.add_argument(
        "--market", default="binance-um", help="the market they belong to (default binance-um)"
    )
    parser.add_argument("--symbol", help="whose they are, where the file's name does not say it")
    parser.add_argument("--interval", help="how long a bar is, where the file's name does not say it: 1m")
    parser.add_argument("--again", action="store_true", help="read files again that are imported already")
    parser.set_defaults(run=_import)


BACKFILL = """Fetch trades that are missing from the store: those between stored trades of the last 48 hours, which is
as far back as the exchange answers, of a span of time, or a range of ids. Bars are built anew where trades were
found. Beside a running server the server does the work.
"""

BACKFILL_LINES = """lines to copy:
  quant backfill --symbols BTCUSDT,ETHUSDT
  quant backfill --symbols BTCUSDT --start 2025-03-01T06:00Z --end 2025-03-01T08:00Z
  quant backfill --symbols BTCUSDT --from-id 2500000000 --to-id 2500010000
"""


def add_backfill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    parser = commands.add_parser(
        "backfill",
        help="fetch missing trades from the exchange",
        description=BACKFILL,
        epilog=BACKFILL_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--symbols", required=True, help="BTCUSDT,ETHUSDT")
    parser.add_argument("--start", help="from this time on: ms or ISO-8601 (default 48 hours ago)")
    parser.add_argument("--end", help="before this time: ms or ISO-8601")
    parser.add_argument("--from-id", type=int, help="first trade id, of one symbol")
    parser.add_argument("--to-id", type=int, help="last trade id, included")
    parser.add_argument("--source", help="binance or sim[:SEED], where no server runs")
    parser.set_defaults(run=_backfill)


EXPORT = """Write stored bars, trades or a pair's rolling numbers into a file, whose ending says the form: .csv,
.parquet or .arrow (an IPC stream). Beside a running server the server makes the file, with what it has in memory;
without one it is read from the data directory.
"""

EXPORT_LINES = """lines to copy:
  quant export bars BTCUSDT --interval 1m --out btc.parquet
  quant export bars BTCUSDT --interval 1s --start 2025-03-01 --end 2025-03-02 --out btc-1s.csv
  quant export trades BTCUSDT --start 2025-03-01T06:00Z --end 2025-03-01T07:00Z --out trades.arrow
  quant export pair BTCUSDT ETHUSDT --interval 1m --window 60 --method kalman --out pair.csv
"""


def add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    parser = commands.add_parser(
        "export",
        help="write bars, trades or a pair's numbers into a file",
        description=EXPORT,
        epilog=EXPORT_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("bars", "trades", "pair"))
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL", help="one, of a pair two")
    parser.add_argument("--out", required=True, metavar="FILE", help="its ending says the form")
    parser.add_argument("--interval", default="1m", help="of bars (default 1m)")
    parser.add_argument("--start", help="from this time on: ms or ISO-8601 (default all there is)")
    parser.add_argument("--end", help="before this time: ms or ISO-8601")
    parser.add_argument("--window", type=int, help="bars of a fit; default DEFAULT_ROLLING_WINDOW")
    parser.add_argument("--method", help="ols, huber, theil_sen, kalman or tls; default DEFAULT_REGRESSION")
    parser.add_argument("--scale", help="level or log; default DEFAULT_SCALE")
    parser.add_argument("--market", help="of what is stored; only needed where no server runs on several")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from quant.commands import export

    return export.run(arguments)


SCAN = """Test all pairs of symbols for cointegration, correct for their number, and show those with the least p first.

Reads what `quant import` reads: files of trades or bars, whose names say symbol and bar length. Without files, what is
stored in the data directory. The window is the newest bars that all symbols have. Pairs are screened on its first half
and tested on its second: those that survive are shown as such.
"""

SCAN_LINES = """lines to copy:
  quant scan --interval 1m --window 1440
  quant scan BTC_USDT_USDT-1m-futures.feather ETH_USDT_USDT-1m-futures.feather --interval 1m --window 1440
  quant scan *-1m-2025-03.zip --interval 5m --window 4000 --out pairs.csv
  quant scan *-aggTrades-2025-03-01.zip --interval 1m --window 720 --scale level --out pairs.parquet
"""


def add_scan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    parser = commands.add_parser(
        "scan",
        help="test all pairs for cointegration",
        description=SCAN,
        epilog=SCAN_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="zip, gz, csv, parquet or feather")
    parser.add_argument("--interval", required=True, help="bar length: 1m")
    parser.add_argument("--window", required=True, type=int, help="how many bars to test")
    parser.add_argument("--scale", default="log", help="log (default) or level")
    parser.add_argument("--symbols", help="only these: BTCUSDT,ETHUSDT")
    parser.add_argument("--market", help="only this market of what is stored")
    parser.add_argument("--end", help="the window ends before this time: ms or ISO-8601")
    parser.add_argument(
        "--calibrate", action="store_true", help="hold pairs with a small q against their own heavy tails"
    )
    parser.add_argument("--top", type=int, default=40, help="rows to show (default 40; 0 = all)")
    parser.add_argument("--out", metavar="FILE", help="write all pairs to a .csv or .parquet file")
    parser.set_defaults(run=_scan)


ALERTS = """Rules that watch the market, and what fired. Beside a running server it is asked, otherwise the data
directory is read and written. A rule is a JSON object, a file holds one or a list of them: see docs/alerts.md.
"""

ALERTS_LINES = """lines to copy:
  quant alerts list
  quant alerts add rule.json
  quant alerts history --limit 20
  quant alerts history --csv > events.csv
"""


def add_alerts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    parser = commands.add_parser(
        "alerts",
        help="rules that watch the market, and what fired",
        description=ALERTS,
        epilog=ALERTS_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(dest="what", required=True, metavar="what")
    listing = kinds.add_parser("list", help="show the rules")
    listing.add_argument("--json", action="store_true", help="as JSON")
    adding = kinds.add_parser("add", help="add the rules of a file")
    adding.add_argument("file", metavar="FILE", help="JSON; - reads standard input")
    removing = kinds.add_parser("remove", help="remove a rule; its events stay")
    removing.add_argument("id", metavar="RULE")
    history = kinds.add_parser("history", help="show what fired, newest first")
    history.add_argument(
        "--limit", type=int, choices=range(1, 1001), default=100, metavar="N", help="1 to 1000"
    )
    history.add_argument("--rule", metavar="RULE", help="only of this rule")
    shape = history.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="as JSON, with all the evidence")
    shape.add_argument("--csv", action="store_true", help="as CSV")
    seen = kinds.add_parser("ack", help="note that an event was seen")
    seen.add_argument("id", metavar="EVENT")
    parser.set_defaults(run=_alerts)


USERS = """Who may sign in, and as what: a viewer reads, an operator also runs streams, rules and imports, an admin also
manages users. From the first user on everybody has to sign in, on this machine too. Passwords are asked for, or read
from standard input where that is no terminal; they are never arguments, which other users of the machine can see.
Beside a running server it is asked, otherwise the data directory is read and written.
"""

USERS_LINES = """lines to copy:
  quant users add ana --role admin
  quant users add ben --role viewer < password.txt
  quant users list
  quant users role ben operator
  quant users password ben
  quant users sign-out ben
  quant users remove ben
"""


def add_users(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    roles = ("viewer", "operator", "admin")
    parser = commands.add_parser(
        "users",
        help="who may sign in, and as what",
        description=USERS,
        epilog=USERS_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(dest="what", required=True, metavar="what")
    adding = kinds.add_parser("add", help="add a user; the password is asked for")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--role", choices=roles, default="viewer", help="viewer (default), operator or admin")
    listing = kinds.add_parser("list", help="show the users")
    listing.add_argument("--json", action="store_true", help="as JSON")
    role = kinds.add_parser("role", help="give a user another role; its sign-ins end")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", choices=roles)
    for what, text in (
        ("password", "give a user another password, which is asked for; its sign-ins end"),
        ("sign-out", "end all sign-ins of a user"),
        ("remove", "remove a user; its sign-ins end"),
    ):
        kinds.add_parser(what, help=text).add_argument("name", metavar="NAME")
    parser.set_defaults(run=_users)


def _users(arguments: argparse.Namespace) -> int:
    from quant.commands.users import run

    return run(arguments)


def _alerts(arguments: argparse.Namespace) -> int:
    from quant.commands.alerts import run

    return run(arguments)


def _scan(arguments: argparse.Namespace) -> int:
    from quant.commands.scan import run

    return run(arguments)


def _backfill(arguments: argparse.Namespace) -> int:
    from quant.commands.backfill import run

    return run(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from quant.commands.import_files import run

    return run(arguments)
