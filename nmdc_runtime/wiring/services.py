"""The services that entry points call, on the synchronous driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pymongo.database import Database

from nmdc_runtime.allowances.service import AllowanceService
from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.audit import store as audit_store
from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.catalog import store as catalog_store
from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.clients.dagster import DagsterClient, Orchestrator
from nmdc_runtime.config import Settings
from nmdc_runtime.drs.service import DrsService
from nmdc_runtime.exports.assembly import assemble_nmdcdb_exports
from nmdc_runtime.exports.ncbi_assembly import assemble_ncbi_exports
from nmdc_runtime.exports.ncbi_service import NcbiExportService
from nmdc_runtime.exports.nmdcdb import NmdcdbExportService
from nmdc_runtime.exports.study_assembly import assemble_study_exports
from nmdc_runtime.exports.study_service import StudyExportService
from nmdc_runtime.graph.assembly import assemble_graph
from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.idempotency import store as idempotency_store
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.ids.sourced import SourceIdService
from nmdc_runtime.ingests.assembly import assemble_ingests
from nmdc_runtime.ingests.service import IngestService
from nmdc_runtime.jobs import store as job_store
from nmdc_runtime.jobs.ids_ahead import IdsAhead
from nmdc_runtime.jobs.reporting import ReportService
from nmdc_runtime.jobs.service import JobService
from nmdc_runtime.kernel.clock import Clock, utc_now
from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.login.assembly import assemble_login
from nmdc_runtime.login.service import LoginService
from nmdc_runtime.metadata import store as metadata_store
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.client import MongoAddress, durable, open_client
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.assembly import assemble_objects
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.ontology.assembly import assemble_ontologies
from nmdc_runtime.ontology.service import OntologyService
from nmdc_runtime.operations import store as operation_store
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.plans.assembly import assemble_plans
from nmdc_runtime.plans.history import HistoryService
from nmdc_runtime.plans.reverting import RevertService
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.queries.assembly import assemble_queries
from nmdc_runtime.queries.service import QueryService
from nmdc_runtime.registration.service import RegistrationService
from nmdc_runtime.runs.assembly import assemble_runs
from nmdc_runtime.runs.reconciling import RunReconciler
from nmdc_runtime.runs.requesting import RunRequestService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.schema.load import load_json_schema, load_registry
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.validator import DocumentValidator
from nmdc_runtime.sites.credentials import CredentialsService
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.staging import store as staging_store
from nmdc_runtime.staging.service import StagingService
from nmdc_runtime.submissions.assembly import SubmissionParts, assemble_submissions
from nmdc_runtime.submissions.changesheets import ChangesheetService
from nmdc_runtime.submissions.service import SubmissionService
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.paging import PageTokens
from nmdc_runtime.web.tokens import SignedTokens
from nmdc_runtime.wiring.access import assemble_access
from nmdc_runtime.wiring.identifiers import assemble_identifiers
from nmdc_runtime.wiring.upkeep import Upkeep, assemble_upkeep
from nmdc_runtime.workflow_executions.assembly import (
    WorkflowExecutions,
    assemble_workflow_executions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that an entry point may call."""

    settings: Settings
    registry: SchemaRegistry
    database: Database[Document]
    clock: Clock
    transactions: Transactions
    orchestrator: Orchestrator
    changes: RecentChanges
    tokens: SignedTokens
    page_tokens: PageTokens
    audit: AuditService
    idempotency: IdempotencyService
    login: LoginService
    users: UserService
    sites: SiteService
    credentials: CredentialsService
    registration: RegistrationService
    allowances: AllowanceService
    api_keys: ApiKeyService
    ids: IdService
    minting: MintingService
    source_ids: SourceIdService
    catalog: CatalogService
    staging: StagingService
    objects: ObjectService
    drs: DrsService
    operations: OperationService
    jobs: JobService
    reports: ReportService
    runs: RunService
    run_requests: RunRequestService
    run_reconciler: RunReconciler
    metadata: MetadataService
    plans: PlanService
    histories: HistoryService
    reverts: RevertService
    queries: QueryService
    submissions: SubmissionService
    changesheets: ChangesheetService
    workflow_executions: WorkflowExecutions
    graph: GraphService
    ontologies: OntologyService
    nmdcdb_exports: NmdcdbExportService
    study_exports: StudyExportService
    ncbi_exports: NcbiExportService
    ingests: IngestService
    upkeep: Upkeep


@contextmanager
def open_services(
    settings: Settings, *, clock: Clock = utc_now, orchestrator: Orchestrator | None = None
) -> Iterator[Services]:
    """Yield the services for these settings; connections are made on first use and closed here."""
    registry = load_registry()
    with open_client(address_of(settings)) as client:
        database = durable(client[settings.mongo.database])
        transactions = Transactions(client)
        dagster = orchestrator or DagsterClient(settings.dagit_host, settings.dagster)
        tokens = SignedTokens(
            key=settings.jwt_secret_key.get_secret_value(),
            lifetime=settings.hub.page_token_lifetime,
            clock=clock,
        )
        audit = AuditService(audit=audit_store.AuditStore(database), clock=clock)
        idempotency = IdempotencyService(
            answers=idempotency_store.AnswerStore(database),
            transactions=transactions,
            clock=clock,
        )
        operations = OperationService(
            operations=operation_store.OperationStore(database), clock=clock
        )
        identifiers = assemble_identifiers(
            settings,
            database,
            registry,
            transactions=transactions,
            idempotency=idempotency,
            audit=audit,
            clock=clock,
        )
        ids = identifiers.ids
        metadata = MetadataService(
            store=metadata_store.MetadataStore(database),
            registry=registry,
            validator=DocumentValidator(registry, load_json_schema()),
            find_minted=ids.minter.find_taken if settings.metadata.require_minted_ids else None,
        )
        plans = assemble_plans(
            database, metadata=metadata, ids=ids, transactions=transactions, clock=clock
        )
        histories = HistoryService(plans=plans)
        objects = assemble_objects(
            settings, database, transactions=transactions, audit=audit, clock=clock
        )
        changes = RecentChanges()
        access = assemble_access(
            settings,
            database,
            ids=ids,
            changes=changes,
            transactions=transactions,
            audit=audit,
            clock=clock,
        )
        catalog = CatalogService(
            catalog=catalog_store.CatalogStore(database),
            transactions=transactions,
            audit=audit,
            clock=clock,
            collection_names=registry.collection_names,
        )
        runs = assemble_runs(
            settings,
            database,
            operations=operations,
            catalog=catalog,
            ids=ids,
            idempotency=idempotency,
            orchestrator=dagster,
            transactions=transactions,
            audit=audit,
            clock=clock,
        )
        jobs = JobService(
            jobs=job_store.JobStore(database),
            operations=operations,
            catalog=catalog,
            sites=access.sites,
            ids=ids,
            operation_ids=IdsAhead(partial(ids.mint_internal_many, "op")),
            transactions=transactions,
            idempotency=idempotency,
            audit=audit,
            clock=clock,
        )
        submissions = assemble_submissions(
            settings,
            database,
            SubmissionParts(
                metadata=metadata,
                plans=plans,
                objects=objects,
                operations=operations,
                jobs=jobs,
                runs=runs.runs,
                ids=ids,
                catalog=catalog,
                orchestrator=dagster,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
        )
        yield Services(
            settings=settings,
            registry=registry,
            database=database,
            clock=clock,
            transactions=transactions,
            orchestrator=dagster,
            tokens=tokens,
            page_tokens=PageTokens(tokens),
            audit=audit,
            idempotency=idempotency,
            login=assemble_login(
                settings,
                database,
                users=access.users,
                sites=access.sites,
                api_keys=access.api_keys,
                access=access.allowances,
                transactions=transactions,
                audit=audit,
                clock=clock,
                changes=changes,
            ),
            changes=changes,
            users=access.users,
            sites=access.sites,
            credentials=access.credentials,
            registration=access.registration,
            allowances=access.allowances,
            api_keys=access.api_keys,
            ids=ids,
            minting=identifiers.minting,
            source_ids=identifiers.sourced,
            catalog=catalog,
            staging=StagingService(
                staging=staging_store.StagingStore(database),
                transactions=transactions,
                audit=audit,
            ),
            objects=objects,
            drs=DrsService(
                objects=objects,
                operations=operations,
                sites=access.sites,
                catalog=catalog,
                ids=ids,
                rules=access.allowances,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
            operations=operations,
            jobs=jobs,
            reports=ReportService(
                jobs=jobs,
                operations=operations,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
            runs=runs.runs,
            run_requests=runs.requests,
            run_reconciler=runs.reconciler,
            metadata=metadata,
            plans=plans,
            histories=histories,
            reverts=RevertService(plans=plans, history=histories, ids=ids, audit=audit),
            queries=assemble_queries(settings, database, plans=plans, audit=audit),
            changesheets=submissions.changesheets,
            submissions=submissions,
            workflow_executions=assemble_workflow_executions(
                settings,
                database,
                plans=plans,
                jobs=jobs,
                ids=ids,
                idempotency=idempotency,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
            graph=assemble_graph(database, registry, transactions=transactions, clock=clock),
            ontologies=assemble_ontologies(settings, database, clock=clock),
            study_exports=assemble_study_exports(
                settings, database, registry=registry, objects=objects, ids=ids, audit=audit
            ),
            ingests=assemble_ingests(database, metadata=metadata, source_ids=identifiers.sourced),
            ncbi_exports=assemble_ncbi_exports(
                settings,
                database,
                registry=registry,
                objects=objects,
                ids=ids,
                audit=audit,
                clock=clock,
            ),
            nmdcdb_exports=assemble_nmdcdb_exports(
                settings,
                database,
                registry=registry,
                objects=objects,
                ids=ids,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
            upkeep=assemble_upkeep(
                settings,
                database,
                validator=metadata.validator,
                transactions=transactions,
                audit=audit,
                clock=clock,
            ),
        )


def address_of(settings: Settings) -> MongoAddress:
    """Return where MongoDB is, and with how many connections."""
    mongo = settings.mongo
    return MongoAddress(
        url=mongo.url,
        username=mongo.username,
        password=mongo.password.get_secret_value() if mongo.password else None,
        pool_size=mongo.pool_size,
    )
