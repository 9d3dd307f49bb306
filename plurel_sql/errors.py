"""Errors as data: one base, a few children, each with the exit code that the command line gives it."""

from __future__ import annotations


class PlurelError(Exception):
    """Base of every error this package raises on purpose.

    Args:
        message: what is wrong, in one sentence that names what was met.
        place: where: ``file:line``, ``table.column``, a constraint or an option.
        hint: what was expected, or what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, place: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.place = place
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.place if self.place is None or self.place.isprintable() else repr(self.place)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class InputError(PlurelError):
    """The request itself can't be met as written: schema, options, configuration or target (exit code 2)."""

    exit_code = 2


class SchemaError(InputError):
    """The DDL has a fault that ``--strict`` refuses, or nothing of it can be used."""


class ConfigError(InputError):
    """A configuration file or option names something unknown or gives a value that can't be."""


class ImpossibleError(InputError):
    """A constraint and the asked number of rows contradict each other (found before any row is made)."""


class TargetError(InputError):
    """The target can't be written: it exists, its folder is missing, or it may not be touched."""


class RunError(PlurelError):
    """Something failed while rows were made or loaded (exit code 1)."""
