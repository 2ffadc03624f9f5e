"""What `forked` processes begin with."""

import quant.api.app
import quant.cli
import quant.commands.alerts
import quant.commands.backfill
import quant.commands.export
import quant.commands.import_files
import quant.commands.scan
import quant.commands.users
import quant.engine.session
import quant.market.warm_up
import quant.simulator
from soak import exchange_side, platform_side

quant.market.warm_up.warm()
quant.simulator.warm()

__all__ = ["exchange_side", "platform_side"]
