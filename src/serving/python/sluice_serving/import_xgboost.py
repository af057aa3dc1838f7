"""Imports XGBoost as the algorithm needs it."""

from __future__ import annotations

import sys
from typing import Any


def import_xgboost() -> Any:
    """XGBoost alone, where nothing has loaded scikit-learn before: with its wrappers for that, which the algorithm has no use
    for, the import takes four times as long. Raises ImportError where there is no XGBoost."""
    if "sklearn" in sys.modules or "xgboost" in sys.modules:
        import xgboost

        return xgboost
    # How Python marks a module that is not there.
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import xgboost

        return xgboost
    finally:
        del sys.modules["sklearn"]
