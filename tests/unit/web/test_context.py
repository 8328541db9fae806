"""Request ids, redirects, and what observers hear."""

import pytest
from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from nmdc_runtime.web.context import REQUEST_ID_HEADER, RequestContext, Served
from tests.support.asgi import ask, body_sender


class Notebook:
    """Takes note of all it hears."""

    def __init__(self) -> None:
        self.running = 0
        self.heard: list[Served] = []

    def began(self) -> None:
        self.running += 1

    def ended(self, served: Served) -> None:
        self.running -= 1
        self.heard.append(served)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def app(notebook, tmp_path) -> RequestContext:
    router = APIRouter(prefix="/things")

    @router.get("/{thing_id}")
    async def thing(thing_id: str) -> str:
        assert notebook.running == 1
        return thing_id

    @router.get("/{thing_id}/broken")
    async def broken(thing_id: str) -> str:
        raise RuntimeError(thing_id)

    inner = FastAPI()
    inner.include_router(router)
    inner.mount("/files", StaticFiles(directory=tmp_path))
    (tmp_path / "a.txt").write_text("a")
    return RequestContext(inner, observers=[notebook])


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/things/1", "/things/{thing_id}", 200),
        ("/files/a.txt", "/files", 200),
        ("/files/nothing", "/files", 404),
        ("/made/up", "", 404),
    ],
)
async def test_observers_hear_the_template_of_the_route(app, notebook, path, route, status):
    await ask(app, path)

    [served] = notebook.heard
    assert (served.method, served.route, served.status) == ("GET", route, status)
    assert served.duration_s > 0
    assert notebook.running == 0


async def test_observers_hear_of_what_broke(app, notebook):
    with pytest.raises(RuntimeError):
        await ask(app, "/things/1/broken")

    [served] = notebook.heard
    assert (served.route, served.status) == ("/things/{thing_id}/broken", 500)
    assert notebook.running == 0


async def test_observers_hear_of_a_refused_method(app, notebook):
    answer = await ask(app, "/things/1", method="DELETE")

    assert answer.status == 405
    assert notebook.heard[0].route == "/things/{thing_id}"


async def test_the_redirect_to_the_other_slash_names_no_scheme(app):
    answer = await ask(app, "/things/1/", query="a=b")

    assert answer.status == 307
    assert answer.headers["location"] == "/things/1?a=b"
    assert answer.headers[REQUEST_ID_HEADER.lower()]


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("http://hub.example/a?b=c", "/a?b=c"),
        ("http://hub.example/b?b=c", "http://hub.example/b?b=c"),
        ("http://hub.example//elsewhere.example/a", "http://hub.example//elsewhere.example/a"),
        ("http://hub.example/\\elsewhere.example", "http://hub.example/\\elsewhere.example"),
        ("http://hub.example.org/a", "http://hub.example.org/a"),
        ("http://hub.example:81/a", "http://hub.example:81/a"),
        ("https://s3.example/a", "https://s3.example/a"),
        ("/a", "/a"),
    ],
)
async def test_only_what_leads_to_the_same_path_here_is_shortened(location, sent):
    app = RequestContext(body_sender([b""], status=307, location=location))

    assert (await ask(app, "/a/")).headers["location"] == sent
