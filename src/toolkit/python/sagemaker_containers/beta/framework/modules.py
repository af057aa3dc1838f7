"""Modules of the user's code: here they are installed and on the path before a script starts."""

import importlib
import importlib.util


def exists(name):
    """Whether a module can be imported."""
    return importlib.util.find_spec(name) is not None


def import_module(uri, name="default_user_module_name", cache=None):
    """The user's module by its name: its code lies here already, wherever `uri` is."""
    return importlib.import_module(name)
