"""What the registry says of nmdc-schema 11.21.0, against the published facts."""

import pytest

from nmdc_runtime.schema.registry import SchemaRegistry

WITHOUT_ID = {"functional_annotation_agg", "functional_annotation_set", "genome_feature_set"}

SEVERAL_CLASSES = {
    "configuration_set": "ChromatographyConfiguration, MassSpectrometryConfiguration",
    "data_generation_set": "MassSpectrometry, NucleotideSequencing",
    "material_processing_set": (
        "ChemicalConversionProcess, ChromatographicSeparationProcess, Culturing, "
        "DissolvingProcess, Extraction, FiltrationProcess, Isolation, LibraryPreparation, "
        "MixingProcess, Pooling, SubSamplingProcess"
    ),
    "workflow_execution_set": (
        "MagsAnalysis, MetabolomicsAnalysis, MetagenomeAnnotation, MetagenomeAssembly, "
        "MetaproteomicsAnalysis, MetatranscriptomeAnnotation, MetatranscriptomeAssembly, "
        "MetatranscriptomeExpressionAnalysis, NomAnalysis, ReadBasedTaxonomyAnalysis, "
        "ReadQcAnalysis"
    ),
}
ONE_CLASS = {
    "biosample_set": "Biosample",
    "calibration_set": "CalibrationInformation",
    "collecting_biosamples_from_site_set": "CollectingBiosamplesFromSite",
    "data_object_set": "DataObject",
    "field_research_site_set": "FieldResearchSite",
    "functional_annotation_agg": "FunctionalAnnotationAggMember",
    "functional_annotation_set": "FunctionalAnnotation",
    "genome_feature_set": "GenomeFeature",
    "instrument_set": "Instrument",
    "manifest_set": "Manifest",
    "organism_sample_set": "OrganismSample",
    "organism_set": "Organism",
    "processed_sample_set": "ProcessedSample",
    "storage_process_set": "StorageProcess",
    "study_set": "Study",
}
TYPECODES = (
    "Biosample bsm; CalibrationInformation calib; ChemicalConversionProcess chcpr; "
    "ChromatographicSeparationProcess cspro; ChromatographyConfiguration chrcon; "
    "CollectingBiosamplesFromSite clsite; Culturing cultp; DataObject dobj; DissolvingProcess "
    "dispro; Extraction extrp; FieldResearchSite frsite; FiltrationProcess filtpr; Instrument "
    "inst; Isolation isnp; LibraryPreparation libprp; MagsAnalysis wfmag; Manifest manif; "
    "MassSpectrometry dgms; MassSpectrometryConfiguration mscon; MetabolomicsAnalysis wfmb; "
    "MetagenomeAnnotation wfmgan; MetagenomeAssembly wfmgas; MetaproteomicsAnalysis wfmp; "
    "MetatranscriptomeAnnotation wfmtan; MetatranscriptomeAssembly wfmtas; "
    "MetatranscriptomeExpressionAnalysis wfmtex; MixingProcess mixpro; NomAnalysis wfnom; "
    "NucleotideSequencing dgns; Organism orgn; OrganismSample osm; Pooling poolp; "
    "ProcessedSample procsm; ReadBasedTaxonomyAnalysis wfrbt; ReadQcAnalysis wfrqc; "
    "StorageProcess storpr; Study sty; SubSamplingProcess subspr"
)
SAMPLES = "biosample_set organism_sample_set processed_sample_set"
REFERENCES = {
    "biosample_set associated_studies": "study_set",
    "biosample_set collected_from": "field_research_site_set",
    "calibration_set calibration_object": "data_object_set",
    "collecting_biosamples_from_site_set has_input": "field_research_site_set",
    "collecting_biosamples_from_site_set has_output": "biosample_set",
    "data_generation_set associated_studies": "study_set",
    "data_generation_set has_input": SAMPLES,
    "data_generation_set has_output": "data_object_set",
    "data_generation_set instrument_used": "instrument_set",
    "data_generation_set generates_calibration": "calibration_set",
    "data_generation_set has_chromatography_configuration": "configuration_set",
    "data_generation_set has_mass_spectrometry_configuration": "configuration_set",
    "data_object_set in_manifest": "manifest_set",
    "data_object_set superseded_by": "workflow_execution_set",
    "data_object_set was_generated_by": "data_generation_set workflow_execution_set",
    "field_research_site_set part_of": "field_research_site_set",
    "functional_annotation_agg was_generated_by": "workflow_execution_set",
    "functional_annotation_set was_generated_by": "workflow_execution_set",
    "material_processing_set has_input": SAMPLES,
    "material_processing_set has_output": "organism_sample_set processed_sample_set",
    "material_processing_set instrument_used": "instrument_set",
    "organism_sample_set associated_studies": "study_set",
    "organism_sample_set expected_organism": "organism_set",
    "storage_process_set has_input": SAMPLES,
    "storage_process_set has_output": "processed_sample_set",
    "study_set part_of": "study_set",
    "workflow_execution_set has_input": "data_object_set",
    "workflow_execution_set has_output": "data_object_set",
    "workflow_execution_set superseded_by": "workflow_execution_set",
    "workflow_execution_set was_informed_by": "data_generation_set",
    "workflow_execution_set uses_calibration": "calibration_set",
}


def test_collections_and_their_concrete_classes_are_the_published_ones(
    registry: SchemaRegistry,
) -> None:
    found = {name: ", ".join(each.class_names) for name, each in registry.collections.items()}

    assert found == ONE_CLASS | SEVERAL_CLASSES
    assert registry.collection_names == tuple(sorted(found))
    assert set(registry.collection_names) - set(registry.collections_with_id) == WITHOUT_ID


def test_the_schema_has_80_classes_of_which_14_are_abstract_and_182_slots_with_storage_units(
    registry: SchemaRegistry,
) -> None:
    abstract = [each for each in registry.classes.values() if each.abstract]

    assert (registry.version, len(registry.classes), len(abstract)) == ("11.21.0", 80, 14)
    assert len(registry.storage_units) == 182
    assert registry.storage_units["depth"] == ("m",)


def test_typecodes_come_in_the_published_form_and_order(registry: SchemaRegistry) -> None:
    rows = registry.typecodes()

    assert len(rows) == 38
    assert rows[0] == {
        "id": "nmdc:Biosample_typecode",
        "schema_class": "nmdc:Biosample",
        "name": "bsm",
    }
    found = [f"{row['schema_class'].removeprefix('nmdc:')} {row['name']}" for row in rows]
    assert "; ".join(found) == TYPECODES


def test_legal_references_are_the_published_ones(registry: SchemaRegistry) -> None:
    found: dict[str, set[str]] = {}
    for legal in registry.legal_references:
        pair = f"{legal.source_collection} {legal.slot}"
        found.setdefault(pair, set()).add(legal.target_collection)

    assert {pair: " ".join(sorted(names)) for pair, names in found.items()} == REFERENCES
    assert len(registry.legal_references) == 166
    assert len({legal.source_class for legal in registry.legal_references}) == 34


def test_references_differ_between_the_classes_of_a_collection(registry: SchemaRegistry) -> None:
    inputs = [
        registry.references[name, "has_input"]
        for name in registry.collections["material_processing_set"].class_names
    ]

    assert len(inputs) == 11
    assert sum("biosample_set" in targets for targets in inputs) == 10
    assert sum("organism_sample_set" in targets for targets in inputs) == 11
    assert registry.references["Culturing", "has_output"] == ("organism_sample_set",)
    assert ("NomAnalysis", "uses_calibration") in registry.references
    assert ("MagsAnalysis", "uses_calibration") not in registry.references


def test_who_may_refer_to_a_class_is_told(registry: SchemaRegistry) -> None:
    to_instruments = {legal.slot for legal in registry.references_to["Instrument"]}

    assert to_instruments == {"instrument_used"}
    assert "GenomeFeature" not in registry.references_to


def test_a_class_is_found_by_the_type_of_a_document_and_knows_its_ancestors(
    registry: SchemaRegistry,
) -> None:
    found = registry.class_for_type("nmdc:MetagenomeAnnotation")

    assert found is not None
    assert found.collection == "workflow_execution_set"
    assert found.ancestors == (
        "MetagenomeAnnotation",
        "AnnotatingWorkflow",
        "WorkflowExecution",
        "DataEmitterProcess",
        "PlannedProcess",
        "NamedThing",
    )


@pytest.mark.parametrize("type_", ["Study", "nmdc:study", "", None, 5, ["nmdc:Study"]])
def test_what_is_no_type_of_the_schema_has_no_class(
    registry: SchemaRegistry, type_: object
) -> None:
    assert registry.class_for_type(type_) is None


def test_collections_are_found_by_typecode_and_by_a_class_above(registry: SchemaRegistry) -> None:
    assert registry.collections_for_typecode("omprc") == ("data_generation_set",)
    assert registry.collections_for_typecode("sty") == ("study_set",)
    assert registry.collections_for_typecode("none") == ()
    assert registry.collections_holding("PlannedProcess") == (
        "collecting_biosamples_from_site_set",
        "data_generation_set",
        "material_processing_set",
        "storage_process_set",
        "workflow_execution_set",
    )
    assert registry.descendants("DataGeneration") == (
        "DataGeneration",
        "MassSpectrometry",
        "NucleotideSequencing",
    )


def test_slots_are_those_that_a_class_has_with_what_classes_above_it_say(
    registry: SchemaRegistry,
) -> None:
    ph = registry.slot("Biosample", "ph")
    inherited = registry.slot("Biosample", "gold_biosample_identifiers")
    studies = registry.slot("Biosample", "associated_studies")
    associations = registry.slot("Study", "has_credit_associations")

    assert ph
    assert (ph.kind, ph.ranges, ph.multivalued, ph.required) == ("number", ("float",), False, False)
    assert inherited
    assert inherited.multivalued
    assert studies
    assert (studies.kind, studies.multivalued, studies.required) == ("reference", True, True)
    assert associations
    assert (associations.kind, associations.ranges) == ("object", ("CreditAssociation",))
    assert registry.slot("Biosample", "study_category") is None
    assert registry.slot("NoClass", "id") is None


@pytest.mark.parametrize(
    ("class_name", "slot", "kind"),
    [
        ("DataObject", "file_size_bytes", "integer"),
        ("GeolocationValue", "latitude", "number"),
        ("Biosample", "embargoed", "boolean"),
        ("Study", "study_category", "enum"),
        ("Study", "insdc_bioproject_identifiers", "text"),
    ],
)
def test_the_kind_of_a_slot_says_what_its_values_are(
    registry: SchemaRegistry, class_name: str, slot: str, kind: str
) -> None:
    found = registry.slot(class_name, slot)

    assert found
    assert found.kind == kind
