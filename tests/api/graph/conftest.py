"""Two studies with what belongs to them, and the graph of it."""

from typing import Any

import pytest

from tests.support.graph import a_biosample, put_graph, store


@pytest.fixture
def family(database) -> list[dict[str, Any]]:
    """Study B is part of study A; each has a biosample; from B's comes all there is.

    ``procsm`` comes from both biosamples. One sequencing gives ``dobj-raw``, from which an
    assembly makes ``dobj-asm`` and, from that, an annotation ``dobj-ann``.
    """
    documents = [
        {"id": "nmdc:sty-11-a", "type": "nmdc:Study", "name": "A"},
        {"id": "nmdc:sty-11-b", "type": "nmdc:Study", "name": "B", "part_of": ["nmdc:sty-11-a"]},
        {"id": "nmdc:sty-11-z", "type": "nmdc:Study", "name": "alone"},
        a_biosample("a", "nmdc:sty-11-a"),
        a_biosample("b", "nmdc:sty-11-b"),
        {
            "id": "nmdc:poolp-11-p",
            "type": "nmdc:Pooling",
            "has_input": ["nmdc:bsm-11-a", "nmdc:bsm-11-b"],
            "has_output": ["nmdc:procsm-11-p"],
        },
        {"id": "nmdc:procsm-11-p", "type": "nmdc:ProcessedSample"},
        {
            "id": "nmdc:dgns-11-s",
            "type": "nmdc:NucleotideSequencing",
            "has_input": ["nmdc:procsm-11-p"],
            "has_output": ["nmdc:dobj-11-raw"],
            "associated_studies": ["nmdc:sty-11-b"],
        },
        {
            "id": "nmdc:wfmgas-11-w.1",
            "type": "nmdc:MetagenomeAssembly",
            "has_input": ["nmdc:dobj-11-raw"],
            "has_output": ["nmdc:dobj-11-asm"],
            "was_informed_by": ["nmdc:dgns-11-s"],
        },
        {
            "id": "nmdc:wfmgan-11-w.1",
            "type": "nmdc:MetagenomeAnnotation",
            "has_input": ["nmdc:dobj-11-asm"],
            "has_output": ["nmdc:dobj-11-ann", "nmdc:dobj-11-nowhere"],
            "was_informed_by": ["nmdc:dgns-11-s"],
        },
        {
            "id": "nmdc:dobj-11-raw",
            "type": "nmdc:DataObject",
            "was_generated_by": "nmdc:dgns-11-s",
        },
        {
            "id": "nmdc:dobj-11-asm",
            "type": "nmdc:DataObject",
            "was_generated_by": "nmdc:wfmgas-11-w.1",
        },
        {
            "id": "nmdc:dobj-11-ann",
            "type": "nmdc:DataObject",
            "was_generated_by": "nmdc:wfmgan-11-w.1",
        },
    ]
    store(database, documents)
    put_graph(database, documents)
    return documents
