"""The shape of the collections ``wf_file_staging.*``."""

from typing import Final

from nmdc_runtime.mongo.indexes import Index

GLOBUS_TASKS: Final = "wf_file_staging.globus_tasks"
JGI_SAMPLES: Final = "wf_file_staging.jgi_samples"
JGI_SEQUENCING_PROJECTS: Final = "wf_file_staging.jgi_sequencing_projects"
INDEXES: Final = (
    Index(collection=GLOBUS_TASKS, keys=("task_id",), unique=True),
    Index(collection=JGI_SAMPLES, keys=("jdp_file_id",), unique=True),
    Index(collection=JGI_SEQUENCING_PROJECTS, keys=("sequencing_project_name",), unique=True),
)
