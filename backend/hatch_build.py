"""Put the built dashboard into the package, so that an installed wheel serves it without Node."""

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGED = "quant/_dashboard"


class DashboardHook(BuildHookInterface[BuilderConfig]):
    """Adds `../frontend/dist` as `quant/_dashboard` to wheels and source distributions."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # Any: hatchling's own signature
        """Add the dashboard to what is about to be built; raise FileNotFoundError when it is not there."""
        if version == "editable":  # a checkout serves frontend/dist from where it is
            return
        if Path(self.root, "src", PACKAGED, "index.html").is_file():  # from our own sdist: it is in already
            return
        dist = Path(self.root).parent / "frontend" / "dist"
        if not (dist / "index.html").is_file():
            raise FileNotFoundError(f"{dist} holds no dashboard: run `npm run build` in frontend/ first")
        inside = PACKAGED if self.target_name == "wheel" else f"src/{PACKAGED}"
        build_data["force_include"][str(dist)] = inside
