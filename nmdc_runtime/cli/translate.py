"""`nmdc-runtime translate`: records of other systems to documents, by the jobs' own translators."""

import click

from nmdc_runtime.cli import translate_gold, translate_neon, translate_submission
from nmdc_runtime.cli.examples import examples


@click.group(
    epilog=examples(
        "nmdc-runtime translate neon-soil --input tables --output documents.json",
        "nmdc-runtime validate --offline documents.json     check what came out",
    ),
)
def translate() -> None:
    """Translate records of other systems to documents of nmdc-schema; store nothing."""


# A source adds its commands here; `translate_steps` has what they share.
for command in (
    *translate_neon.COMMANDS,
    *translate_gold.COMMANDS,
    *translate_submission.COMMANDS,
):
    translate.add_command(command)
