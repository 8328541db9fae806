"""A submission as XML, as NCBI's submission portal reads it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from lxml import etree

from nmdc_runtime.translation.ncbi.models import Experiment, Header, NcbiSubmission, Sample

DECLARATION: Final = '<?xml version="1.0" ?>\n'
INDENT: Final = "    "
#: Resolves the CURIEs of NMDC.
RESOLVER: Final = "https://bioregistry.io/"
SCHEMA_VERSION: Final = "2.0"


def submission_xml(submission: NcbiSubmission, *, release_date: date) -> str:
    """Return the document: description, BioSample actions, SRA actions.

    Source
    ------
    exporters specification 1.9 and 1.10; NCBI's ``submission.xsd``, ``biosample.xsd``.
    """
    root = element("Submission")
    header = submission.header
    root.append(_description(header, release_date))
    root.extend(_sample_action(each, header) for each in submission.samples)
    root.extend(_experiment_action(each, header) for each in submission.experiments)
    return serialised(root)


def serialised(root: Any) -> str:  # noqa: ANN401 (lxml has no types)
    """Return an element as a document."""
    etree.indent(root, space=INDENT)
    return f"{DECLARATION}{etree.tostring(root, encoding='unicode')}\n"


def element(
    tag: str,
    text: str | None = None,
    attributes: Mapping[str, str] | None = None,
    *children: Any,  # noqa: ANN401 (lxml has no types)
) -> Any:  # noqa: ANN401 (lxml has no types)
    """Return an element with text, attributes and children."""
    made = etree.Element(tag, dict(attributes or {}))
    if text:
        made.text = text
    made.extend(children)
    return made


def bioproject_action(
    *, title: str, project_id: str, description: str, data_type: str, organization: str
) -> Any:  # noqa: ANN401 (lxml has no types)
    """Return what would register a project; studies that are submitted have one already."""
    name = {"spuid_namespace": organization}
    kind = element(
        "ProjectTypeSubmission",
        None,
        {"sample_scope": "eEnvironment"},
        element("IntendedDataTypeSet", None, None, element("DataType", data_type)),
    )
    project = element(
        "Project",
        None,
        {"schema_version": SCHEMA_VERSION},
        element("ProjectID", None, None, element("SPUID", project_id, name)),
        element("Title", title),
        element("Description", None, None, element("p", description)),
        element("ProjectType", None, None, kind),
    )
    return _add_data("BioProject", project, element("SPUID", project_id, name))


def _description(header: Header, release_date: date) -> Any:  # noqa: ANN401
    person = element(
        "Name",
        None,
        None,
        element("First", header.first_name),
        element("Last", header.last_name),
    )
    organization = element(
        "Organization",
        None,
        {"role": "owner", "type": "center"},
        element("Name", header.organization),
        element("Contact", None, {"email": header.email}, person),
    )
    return element(
        "Description",
        None,
        None,
        element("Comment", f"NMDC Submission for {header.study_id}"),
        organization,
        element("Hold", None, {"release_date": release_date.isoformat()}),
    )


def _sample_action(sample: Sample, header: Header) -> Any:  # noqa: ANN401
    name = {"spuid_namespace": header.organization}
    links = [
        element("ExternalLink", None, {"label": each}, element("URL", f"{RESOLVER}{each}"))
        for each in sample.links
    ]
    attributes = [
        element("Attribute", text, {"attribute_name": key}) for key, text in sample.attributes
    ]
    biosample = element(
        "BioSample",
        None,
        {"schema_version": SCHEMA_VERSION},
        element("SampleId", None, None, element("SPUID", sample.id, name)),
        element("Descriptor", None, None, element("Title", sample.title), *links),
        element("Organism", None, None, element("OrganismName", header.organism)),
        element("BioProject", None, None, _bioproject(header)),
        element("Package", sample.package),
        element("Attributes", None, None, *attributes),
    )
    return _add_data("BioSample", biosample, element("SPUID", sample.id, name))


def _experiment_action(experiment: Experiment, header: Header) -> Any:  # noqa: ANN401
    name = {"spuid_namespace": header.organization}
    files = [
        element("File", None, {"file_path": each}, element("DataType", _data_type(each)))
        for each in experiment.files
    ]
    attributes = [element("Attribute", text, {"name": key}) for key, text in experiment.attributes]
    return element(
        "Action",
        None,
        None,
        element(
            "AddFiles",
            None,
            {"target_db": "SRA"},
            *files,
            _reference("BioProject", _bioproject(header)),
            _reference("BioSample", element("SPUID", experiment.sample_id, name)),
            *attributes,
            element("Identifier", None, None, element("SPUID", experiment.id, name)),
        ),
    )


def _add_data(target: str, content: Any, spuid: Any) -> Any:  # noqa: ANN401
    data = element(
        "Data", None, {"content_type": "XML"}, element("XmlContent", None, None, content)
    )
    return element(
        "Action",
        None,
        None,
        element(
            "AddData",
            None,
            {"target_db": target},
            data,
            element("Identifier", None, None, spuid),
        ),
    )


def _reference(name: str, target: Any) -> Any:  # noqa: ANN401
    return element("AttributeRefId", None, {"name": name}, element("RefId", None, None, target))


def _bioproject(header: Header) -> Any:  # noqa: ANN401
    return element("PrimaryId", header.bioproject, {"db": "BioProject"})


def _data_type(file: str) -> str:
    return "sra-run-fastq" if ".fastq" in file else "generic-data"
