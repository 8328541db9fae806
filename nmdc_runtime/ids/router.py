"""Routes under ``/pids``; each turns HTTP into one call and back."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.models import BindIn, DeleteIn, Identifier, IdRecord, MintIn
from nmdc_runtime.web.auth import CallingSite
from nmdc_runtime.web.idempotency import IdempotencyKey

router = APIRouter(prefix="/pids", tags=["Persistent identifiers"])

JSON: Final = "application/json"
#: Ids sent at once; a longer answer is streamed.
CHUNK: Final = 5_000


async def minting_service(request: Request) -> MintingService:
    """Return the service this application was wired with; sites mint a lot: spare the thread."""
    service: MintingService = request.app.state.services.minting
    return service


Minter = Annotated[MintingService, Depends(minting_service)]


@router.post("/mint", response_model=list[str])
def mint_ids(
    mint_in: MintIn, site: CallingSite, minter: Minter, idempotency_key: IdempotencyKey = None
) -> Response:
    """Mint identifiers: as many new ones as asked for, which nobody else ever gets.

    Ids of workflow executions come without a run number: append `.1`, `.2`, ... to it, or send
    `run_number`. They belong to the site that minted them, and are drafts until a document with
    such an id is stored. Send an `Idempotency-Key` if you may have to ask again.
    """
    ids = minter.mint(
        class_id=mint_in.schema_class.id,
        how_many=mint_in.how_many,
        site_id=str(site.site_id),
        run_number=mint_in.run_number,
        key=idempotency_key,
    )
    if len(ids) <= CHUNK:
        return Response(orjson.dumps(ids), media_type=JSON)
    return StreamingResponse(_as_parts(ids), media_type=JSON)


@router.get("/resolve/{id_name}")
def resolve_id(id_name: str, site: CallingSite, minter: Minter) -> Identifier:
    """Tell what is known of an identifier that was minted here, by whichever site."""
    return _published(minter.resolve(id_name))


@router.post("/bind")
def bind(bind_in: BindIn, site: CallingSite, minter: Minter) -> Identifier:
    """Attach a metadata record to a draft of yours; it replaces the one before."""
    record = minter.bind(bind_in.id_name, bind_in.metadata_record, site_id=str(site.site_id))
    return _published(record)


@router.post("/delete")
def delete(delete_in: DeleteIn, site: CallingSite, minter: Minter) -> None:
    """Delete a draft of yours that no stored document has."""
    minter.delete(delete_in.id_name, site_id=str(site.site_id))


def _published(record: IdRecord) -> Identifier:
    return Identifier.model_validate(record.model_dump(include=set(Identifier.model_fields)))


def _as_parts(ids: Sequence[str]) -> Iterator[bytes]:
    """Yield a JSON array, some thousand ids at a time."""
    for at in range(0, len(ids), CHUNK):
        yield (b"," if at else b"[") + orjson.dumps(ids[at : at + CHUNK])[1:-1]
    yield b"]"
