"""What the local stack refuses, in sentences that say what to do."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class StackError(NmdcError):
    """The local stack cannot do what was asked."""

    kind = ErrorKind.UNAVAILABLE
    title = "Local stack"


class BinaryMissing(StackError):
    """A server program is not there, or does not start on this machine."""


class PortInUse(StackError):
    """Another program listens on a port that the stack wants."""


class AlreadyRunning(StackError):
    """A stack runs in this folder."""

    kind = ErrorKind.CONFLICT


class NotRunning(StackError):
    """No stack runs in this folder."""


class CredentialsDiffer(StackError):
    """Credentials that were built into the data were changed afterwards."""

    kind = ErrorKind.CONFLICT


class ServiceFailed(StackError):
    """A service did not become ready."""
