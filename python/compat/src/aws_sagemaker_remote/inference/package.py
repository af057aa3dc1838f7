"""A trained model as what serves it needs it."""

from sluice.remote.export import ExportModelCommand, ExportModelSpec

__all__ = ["ExportModelCommand", "ExportModelSpec"]
