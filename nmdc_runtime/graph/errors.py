"""What the keepers of the graph run into."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class GraphBusy(NmdcError):
    """Another process builds the graph, and takes longer than we wait."""

    kind = ErrorKind.UNAVAILABLE
    title = "The graph is being built"


class LeaseLost(NmdcError):
    """Somebody else does our work now: we were too slow, or could not reach MongoDB."""

    kind = ErrorKind.UNAVAILABLE
    title = "Lease lost"


class ChangesLost(NmdcError):
    """Changes cannot be followed from where we stopped: only a full build helps."""

    kind = ErrorKind.UNAVAILABLE
    title = "Changes lost"


class GraphReplaced(NmdcError):
    """Another graph has taken the place of the one that was being kept current."""

    kind = ErrorKind.CONFLICT
    title = "Graph replaced"


class GraphIncomplete(NmdcError):
    """A build did not yield as many documents as went in, so the old graph stays."""

    kind = ErrorKind.UNAVAILABLE
    title = "Graph incomplete"
