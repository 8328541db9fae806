"""The indexes that the slices declare."""

from nmdc_runtime.allowances import store as allowance_store
from nmdc_runtime.api_keys import store as api_key_store
from nmdc_runtime.audit import store as audit_store
from nmdc_runtime.catalog import store as catalog_store
from nmdc_runtime.checks import store as check_store
from nmdc_runtime.idempotency import store as idempotency_store
from nmdc_runtime.ids import store as id_store
from nmdc_runtime.jobs import store as job_store
from nmdc_runtime.login import store as login_store
from nmdc_runtime.metadata import store as metadata_store
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.objects import store as object_store
from nmdc_runtime.ontology import store as ontology_store
from nmdc_runtime.operations import store as operation_store
from nmdc_runtime.plans import guard as plan_guard
from nmdc_runtime.plans import journal_store
from nmdc_runtime.plans import store as plan_store
from nmdc_runtime.queries import store as query_store
from nmdc_runtime.runs import store as run_store
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.sites import store as site_store
from nmdc_runtime.staging import store as staging_store
from nmdc_runtime.submissions import store as submission_store
from nmdc_runtime.users import store as user_store
from nmdc_runtime.web import analytics


def all_indexes(registry: SchemaRegistry) -> list[Index]:
    """Return every index of every collection, as boot creates them."""
    return [
        *allowance_store.INDEXES,
        *api_key_store.INDEXES,
        *audit_store.INDEXES,
        *catalog_store.INDEXES,
        *check_store.INDEXES,
        *id_store.INDEXES,
        *idempotency_store.INDEXES,
        *job_store.INDEXES,
        *login_store.INDEXES,
        *metadata_store.indexes(registry),
        *object_store.INDEXES,
        *ontology_store.INDEXES,
        *operation_store.INDEXES,
        *plan_guard.INDEXES,
        *journal_store.INDEXES,
        *plan_store.INDEXES,
        *query_store.INDEXES,
        *run_store.INDEXES,
        *site_store.INDEXES,
        *staging_store.INDEXES,
        *submission_store.INDEXES,
        *user_store.INDEXES,
        *analytics.INDEXES,
    ]
