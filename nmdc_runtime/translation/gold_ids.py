"""Ids and names as GOLD writes them; pure."""

from nmdc_runtime.schema.gold_ids import normalize_gold_id

__all__ = ["get_gold_biosample_name_suffix", "normalize_gold_id"]


def get_gold_biosample_name_suffix(name: str) -> str:
    """Return the last word of a biosample's name in GOLD, which is often the sample's own name.

    Raise `IndexError` if the name has no word.
    """
    return name.rsplit(maxsplit=1)[-1]
