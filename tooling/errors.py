"""The two ways a command ends badly."""

from collections.abc import Sequence


class SetupError(Exception):
    """Something is missing or wrong outside the project; the message says what to do about it."""


class CommandFailed(Exception):
    """A command of ours ended badly; its own output has said why."""

    def __init__(self, command: Sequence[str], *, status: int) -> None:
        super().__init__(f"`{' '.join(command)}` ended with status {status}")
        self.status = status
