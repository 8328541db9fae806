"""What NCBI asks of a submission, each rule with its source; no code of ours is used.

Sources: ``submission.xsd`` (typeSubmission and what it refers to), ``biosample.xsd``
(typeBioSample), SRA's schemas ``SRA.common.xsd`` and ``SRA.experiment.xsd`` 1.6, the BioSample
documentation on packages and attributes, and the exporters specification, 1.6 to 1.9.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

#: (name of the rule, where it is broken)
Broken = tuple[str, str]

# SRA.common.xsd: PlatformType, typeIlluminaModel, typePacBioModel, typeOxfordNanoporeModel
MODELS = {
    "ILLUMINA": {
        *(f"Illumina HiSeq {each}" for each in (1000, 1500, 2000, 2500, 3000, 4000, "X")),
        *("HiSeq X Five", "HiSeq X Ten", "Illumina HiScanSQ", "Illumina Genome Analyzer"),
        *("Illumina Genome Analyzer II", "Illumina Genome Analyzer IIx", "Illumina iSeq 100"),
        *("Illumina MiSeq", "Illumina MiniSeq", "Illumina NovaSeq 6000", "Illumina NovaSeq X"),
        *(f"NextSeq {each}" for each in (500, 550, 1000, 2000)),
        "unspecified",
    },
    "PACBIO_SMRT": {
        *("PacBio RS", "PacBio RS II", "Sequel", "Sequel II", "Sequel IIe", "Onso", "Revio"),
        "unspecified",
    },
    "OXFORD_NANOPORE": {"MinION", "GridION", "PromethION", "unspecified"},
}
# SRA.experiment.xsd: typeLibraryStrategy, typeLibrarySource, typeLibrarySelection; those in use
STRATEGIES = {"WGS", "WGA", "WXS", "RNA-Seq", "AMPLICON", "OTHER"}
SOURCES = {"GENOMIC", "TRANSCRIPTOMIC", "METAGENOMIC", "METATRANSCRIPTOMIC", "SYNTHETIC", "OTHER"}
SELECTIONS = {"RANDOM", "PCR", "RANDOM PCR", "RT-PCR", "cDNA", "other", "unspecified"}
LAYOUTS = {"paired", "single"}
# The submission template of SRA: what an experiment may say of itself
OF_RUNS = {
    *("platform", "instrument_model", "library_name", "library_strategy", "library_source"),
    *("library_selection", "library_layout", "library_construction_protocol"),
}
# BioSample documentation: names of the MIMS packages, version 6
PACKAGE = re.compile(r"^MIMS\.me(\.[a-z][a-z/-]*( [a-z/-]+)*)?\.6\.0$")
# BioSample documentation: letters, digits, blanks and few signs
ATTRIBUTE_NAME = re.compile(r"^[A-Za-z0-9_]([A-Za-z0-9_ .()/-]*[A-Za-z0-9_)])?$")
ACCESSION = re.compile(r"^PRJ[A-Z]{2}[0-9]+$")


def broken_rules(text: str) -> list[Broken]:
    """Return the rules that a submission breaks."""
    root = etree.fromstring(text.encode())
    return [*_of_root(root), *_of_samples(root), *_of_runs(root), *_of_identifiers(root)]


def _of_root(root: Any) -> Iterator[Broken]:
    # typeSubmission: one Description, then Actions; one without any does nothing
    if root.tag != "Submission" or [each.tag for each in root[:1]] != ["Description"]:
        yield "root", root.tag
        return
    if not root.findall("Action"):
        yield "no_action", "Submission"
    yield from (("order", each.tag) for each in root[1:] if each.tag != "Action")
    # typeOrganization: role and type are required, and a name
    organization = root.find("Description/Organization")
    if organization is None or not organization.findtext("Name"):
        yield "organization", "Description"
    elif {"role", "type"} - set(organization.keys()):
        yield "organization", "Organization"
    # typeContactInfo: an e-mail address; typeName: both names
    contact = root.find("Description/Organization/Contact")
    if contact is None or "@" not in (contact.get("email") or ""):
        yield "contact_email", "Contact"
    elif not contact.findtext("Name/First") or not contact.findtext("Name/Last"):
        yield "contact_name", "Contact"
    # Hold/@release_date is an xs:date
    hold = root.find("Description/Hold")
    try:
        date.fromisoformat("" if hold is None else hold.get("release_date", ""))
    except ValueError:
        yield "release_date", "Hold"
    # Action: a choice of one, for one database
    for action in root.findall("Action"):
        targets = [(each.tag, each.get("target_db")) for each in action]
        if len(targets) != 1 or targets[0] not in {
            ("AddData", "BioSample"),
            ("AddFiles", "SRA"),
        }:
            yield "action", str(targets)


def _of_samples(root: Any) -> Iterator[Broken]:
    for data in root.iterfind("Action/AddData[@target_db='BioSample']"):
        spuid = data.findtext("Identifier/SPUID") or ""
        sample = data.find("Data[@content_type='XML']/XmlContent/BioSample[@schema_version='2.0']")
        if sample is None:
            yield "sample", spuid
            continue
        # typeBioSample: a sequence in this order
        if [each.tag for each in sample] != [
            *("SampleId", "Descriptor", "Organism", "BioProject", "Package", "Attributes")
        ]:
            yield "sample_order", spuid
        if sample.findtext("SampleId/SPUID") != spuid:
            yield "sample_identifier", spuid
        yield from (
            ("sample_lacks", f"{spuid} {path}")
            for path in ("Descriptor/Title", "Organism/OrganismName", "BioProject/PrimaryId")
            if not sample.findtext(path)
        )
        if not ACCESSION.match(sample.findtext("BioProject/PrimaryId[@db='BioProject']") or ""):
            yield "bioproject", spuid
        package = sample.findtext("Package") or ""
        # Whether NCBI takes an empty one, the specification leaves open (11, point 2).
        if package and not PACKAGE.match(package):
            yield "package_name", package
        for link in sample.iterfind("Descriptor/ExternalLink"):
            if not link.get("label") or not (link.findtext("URL") or "").startswith("https://"):
                yield "external_link", spuid
        attributes = sample.findall("Attributes/Attribute")
        names = [each.get("attribute_name") or "" for each in attributes]
        # The documentation on attributes: each once, none empty; who submits says who brokers
        yield from (("attribute_twice", f"{spuid} {name}") for name in _twice(names))
        yield from (
            ("attribute_name", f"{spuid} {name!r}")
            for name in names
            if not ATTRIBUTE_NAME.match(name)
        )
        yield from (
            ("attribute_empty", f"{spuid} {each.get('attribute_name')}")
            for each in attributes
            if not (each.text or "").strip()
        )
        if names[-1:] != ["broker name"]:
            yield "broker", spuid
        place = sample.findtext("Attributes/Attribute[@attribute_name='geo_loc_name']") or ""
        if not place.isascii():
            yield "place_not_ascii", place


def _of_runs(root: Any) -> Iterator[Broken]:
    samples = {each.text for each in root.iterfind(".//BioSample/SampleId/SPUID")}
    files: list[str] = []
    for run in root.iterfind("Action/AddFiles[@target_db='SRA']"):
        spuid = run.findtext("Identifier/SPUID") or ""
        # AddFiles: files first, at least one; attributesFileGroup; one Identifier at the end
        tags = [each.tag for each in run]
        order = ["File", "AttributeRefId", "Attribute", "Identifier"]
        if tags != sorted(tags, key=order.index) or tags.count("Identifier") != 1:
            yield "run_order", spuid
        names = [each.get("file_path") or "" for each in run.iterfind("File")]
        if not names or not all(names) or any("/" in each for each in names):
            yield "files", spuid
        files += names
        if {each.findtext("DataType") for each in run.iterfind("File")} - {
            *("sra-run-fastq", "generic-data")
        }:
            yield "data_type", spuid
        project = run.findtext("AttributeRefId[@name='BioProject']/RefId/PrimaryId") or ""
        if not ACCESSION.match(project):
            yield "bioproject", spuid
        # A reference to a sample that this submission does not bring, and no accession
        if run.findtext("AttributeRefId[@name='BioSample']/RefId/SPUID") not in samples:
            yield "sample_of_run", spuid
        said = {each.get("name"): each.text or "" for each in run.iterfind("Attribute")}
        if len(said) != len(run.findall("Attribute")) or set(said) - OF_RUNS:
            yield "run_attributes", f"{spuid} {sorted(map(str, said))}"
        for name, allowed in (
            ("library_strategy", STRATEGIES),
            ("library_source", SOURCES),
            ("library_selection", SELECTIONS),
            ("library_layout", LAYOUTS),
        ):
            if said.get(name) not in allowed:
                yield name, f"{spuid} {said.get(name)}"
        if said.get("instrument_model") not in MODELS.get(said.get("platform", ""), ()):
            yield "instrument_model", f"{spuid} {said.get('instrument_model')}"
    # SRA's upload: one folder, so each name once
    yield from (("file_twice", name) for name in _twice(files))


def _of_identifiers(root: Any) -> Iterator[Broken]:
    # typeSPUID: a namespace, and each identifier once in it for each database
    for target in ("BioSample", "SRA"):
        spuids = root.findall(f"Action/*[@target_db='{target}']/Identifier/SPUID")
        yield from (("identifier_twice", each) for each in _twice([x.text or "" for x in spuids]))
    for spuid in root.iter("SPUID"):
        if not spuid.get("spuid_namespace") or not spuid.text:
            yield "identifier_namespace", spuid.text or ""


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
