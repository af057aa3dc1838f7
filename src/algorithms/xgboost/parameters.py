"""The kinds of hyperparameters: how each is read from its text, and which values it may have.

The messages are those of the container (sagemaker-xgboost-container, sagemaker_algorithm_toolkit).
"""

import ast

from errors import UserError


class Interval:
    """Numbers between two limits; None is no limit."""

    def __init__(self, low=None, high=None, low_open=False, high_open=False):
        self.low, self.high = low, high
        self.low_open, self.high_open = low_open, high_open

    def __contains__(self, value):
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        below = self.high is None or (value < self.high if self.high_open else value <= self.high)
        return above and below

    def __str__(self):
        left = "(-inf" if self.low is None else "%s%s" % ("(" if self.low_open else "[", self.low)
        right = "+inf)" if self.high is None else "%s%s" % (self.high, ")" if self.high_open else "]")
        return "%s, %s" % (left, right)


class Parameter:
    """One value."""

    def __init__(self, read, values, required=False):
        self._read = read
        self._values = values
        self.required = required

    def read(self, name, text):
        """The value of a text. Raises UserError."""
        try:
            return self._read(text)
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError("Hyperparameter %s: could not parse value" % name, ValueError(str(error))) from error

    def check(self, name, value):
        """Raises UserError for a value that is out of range."""
        if value not in self._values:
            raise UserError("Hyperparameter %s: %s is not in %s" % (name, value, self._values))


class Several(Parameter):
    """A list whose every element has to be in range."""

    def elements(self, value):
        return value

    def check(self, name, value):
        if any(element not in self._values for element in self.elements(value)):
            raise UserError("Hyperparameter %s: value %s not in range %s" % (name, value, self._values))


class Nested(Several):
    def elements(self, value):
        return [element for inner in value for element in inner]


def integer(low=None, high=None, required=False, **ends):
    return Parameter(int, Interval(low, high, **ends), required)


def number(low=None, high=None, **ends):
    return Parameter(float, Interval(low, high, **ends))


def one_of(*values):
    return Parameter(str, list(values))


def comma_separated(values):
    return Several(lambda text: text.split(","), values)


def tuple_of(*values):
    return Several(lambda text: tuple(ast.literal_eval(text)), list(values))


def lists_of(values):
    return Nested(lambda text: list(ast.literal_eval(text)), values)
