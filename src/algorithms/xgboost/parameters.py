"""The kinds of hyperparameters: how each is read from its text, and which values it may have.

The messages are those of the container (sagemaker-xgboost-container, sagemaker_algorithm_toolkit).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from errors import UserError


class Interval:
    """Numbers between two limits; None is no limit."""

    def __init__(
        self, low: float | None = None, high: float | None = None, low_open: bool = False, high_open: bool = False
    ):
        self.low, self.high = low, high
        self.low_open, self.high_open = low_open, high_open

    def __contains__(self, value: Any):
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        below = self.high is None or (value < self.high if self.high_open else value <= self.high)
        return above and below

    def __str__(self):
        left = "(-inf" if self.low is None else "%s%s" % ("(" if self.low_open else "[", self.low)
        right = "+inf)" if self.high is None else "%s%s" % (self.high, ")" if self.high_open else "]")
        return "%s, %s" % (left, right)


class Parameter:
    """One value."""

    def __init__(self, read: Callable[[str], Any], values: Any, required: bool = False):
        self._read = read
        self._values = values
        self.required = required

    def read(self, name: str, text: str):
        """The value of a text. Raises UserError."""
        try:
            return self._read(text)
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError("Hyperparameter %s: could not parse value" % name, ValueError(str(error))) from error

    def check(self, name: str, value: Any):
        """Raises UserError for a value that is out of range."""
        if value not in self._values:
            raise UserError("Hyperparameter %s: %s is not in %s" % (name, value, self._values))


class Several(Parameter):
    """A list whose every element has to be in range."""

    def elements(self, value: Any):
        return value

    def check(self, name: str, value: Any):
        if any(element not in self._values for element in self.elements(value)):
            raise UserError("Hyperparameter %s: value %s not in range %s" % (name, value, self._values))


class Nested(Several):
    def elements(self, value: Any):
        return [element for inner in value for element in inner]


def integer(low: float | None = None, high: float | None = None, required: bool = False, **ends: bool):
    return Parameter(int, Interval(low, high, **ends), required)


def number(low: float | None = None, high: float | None = None, **ends: bool):
    return Parameter(float, Interval(low, high, **ends))


def one_of(*values: Any):
    return Parameter(str, list(values))


def comma_separated(values: Any):
    return Several(lambda text: text.split(","), values)


def tuple_of(*values: Any):
    return Several(lambda text: tuple(ast.literal_eval(text)), list(values))


def lists_of(values: Any):
    return Nested(lambda text: list(ast.literal_eval(text)), values)
