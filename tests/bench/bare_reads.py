"""The least that reads documents: FastAPI, the driver, orjson; nothing is checked."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pymongo import AsyncMongoClient


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep a client open."""
    async with AsyncMongoClient(os.environ["MONGO_HOST"], maxPoolSize=40) as client:
        app.state.database = client[os.environ["MONGO_DBNAME"]]
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/{collection}/{id}")
async def one(request: Request, collection: str, id: str) -> Response:
    """Answer with one document."""
    document = await request.app.state.database[collection].find_one({"id": id}, {"_id": 0})
    return Response(orjson.dumps(document), media_type="application/json")


@app.get("/{collection}")
async def page(request: Request, collection: str, size: int, counts: bool = False) -> Response:
    """Answer with the first documents, in the order of their ids, and how many there are."""
    documents = request.app.state.database[collection]
    found = await documents.find({}, {"_id": 0}).sort("id").limit(size).to_list()
    answer = {"resources": found}
    if counts:
        answer["count"] = await documents.estimated_document_count()
    return Response(orjson.dumps(answer), media_type="application/json")
