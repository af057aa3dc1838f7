"""What scripts say of inputs and outputs."""

from sluice.remote.modes import MODES
from sluice.remote.parsers import parse_bool as strtobool_type
from sluice.remote.paths import OPTIONAL, PathArgument
from sluice.remote.session import PROFILE

__all__ = ["MODES", "OPTIONAL", "PROFILE", "PathArgument", "strtobool_type"]
