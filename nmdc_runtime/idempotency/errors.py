"""What the keys of clients are refused for."""

from nmdc_runtime.kernel.errors import NmdcError


class IdempotencyKeyReused(NmdcError):
    """The key came with another request before."""

    title = "Idempotency key reused"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the Idempotency-Key {key!r} came with another request before: send that request "
            "again, or take a new key",
            idempotency_key=key,
        )
