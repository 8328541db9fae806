"""Examples of a command, shown below its options."""


def examples(*lines: str) -> str:
    """Return an epilog that click leaves as it is: one example a line."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))
