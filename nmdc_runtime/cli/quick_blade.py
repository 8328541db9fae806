"""`nmdc-runtime quick-blade`: one id for trying things out."""

import secrets

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.ids.rules import BITS_A_DIGIT, CHECK_DIGITS, encode

DIGITS = 6


@click.command(epilog=examples("nmdc-runtime quick-blade"))
def quick_blade() -> None:
    """Print one id of the form nmdc:nt-11-<blade>; it is recorded nowhere."""
    number = secrets.randbits(BITS_A_DIGIT * DIGITS)
    click.echo(f"nmdc:nt-11-{encode(number, length=DIGITS + CHECK_DIGITS)}")
