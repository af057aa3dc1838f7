"""Modules of the user's code: here they are installed and on the path before a script starts."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def exists(name: str):
    """Whether a module can be imported."""
    return importlib.util.find_spec(name) is not None


def import_module(uri: str, name: str = "default_user_module_name", cache: Any = None):
    """The user's module by its name: its code lies here already, wherever `uri` is."""
    return importlib.import_module(name)
