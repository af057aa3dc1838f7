"""A model in this process."""

from sluice.remote.inference import InferenceCommand, InferenceCommandConfig

__all__ = ["InferenceCommand", "InferenceCommandConfig"]
