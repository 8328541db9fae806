"""A small ontology as a real semantic-SQL file, and a real server of such files."""

import gzip
import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TABLES = """
CREATE TABLE prefix (prefix TEXT, base TEXT);
CREATE TABLE statements (
  stanza TEXT, subject TEXT, predicate TEXT, object TEXT,
  value TEXT, datatype TEXT, language TEXT, graph TEXT
);
CREATE TABLE entailed_edge (subject TEXT, predicate TEXT, object TEXT);
"""
IS_A = "rdfs:subClassOf"
PART_OF = "BFO:0000050"


@dataclass(frozen=True)
class Made:
    """A term to be: `is_a` and `part_of` name terms above it."""

    id: str
    name: str
    is_a: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    definition: str | None = None
    is_obsolete: bool = False


def envo(number: int) -> str:
    return f"ENVO:{number:08}"


def a_term(number: int, name: str, *is_a: int, part_of: int | None = None, **more) -> Made:
    return Made(
        envo(number),
        name,
        tuple(envo(each) for each in is_a),
        () if part_of is None else (envo(part_of),),
        **more,
    )


#: Twenty terms: one obsolete, one with two parents, some part of another; one reaches its
#: ancestor through a term of another ontology.
SMALL = (
    a_term(1, "environmental system", definition="A system that has\ta disposition."),
    a_term(2, "biome", 1, synonyms=("ecosystem type", "major habitat")),
    a_term(3, "aquatic biome", 2),
    a_term(4, "marine biome", 3),
    a_term(5, "freshwater biome", 3),
    a_term(6, "terrestrial biome", 2),
    a_term(7, "forest biome", 6),
    a_term(8, "mangrove biome", 4, 7),
    a_term(9, "environmental material"),
    a_term(10, "soil", 9, synonyms=("Erde",)),
    a_term(11, "forest soil", 10, part_of=7),
    a_term(12, "water", 9),
    a_term(13, "sea water", 12, part_of=4),
    a_term(14, "lake water", 12),
    a_term(15, "sediment", 9),
    a_term(16, "lake sediment", 15, part_of=17),
    a_term(17, "lake", 1),
    a_term(18, "pond", 17),
    Made(envo(19), "gut environment", ("UBERON:0000160",)),
    a_term(20, "obsolete swamp", 17, is_obsolete=True),
)
FOREIGN = (Made("UBERON:0000160", "intestine", (envo(1),)),)


def chain(count: int, *, prefix: str = "ENVO") -> list[Made]:
    """Return so many terms, ten of which hang below one another again and again."""
    return [
        Made(
            f"{prefix}:{number:08}",
            f"term {number}",
            () if number % 10 == 0 else (f"{prefix}:{number - 1:08}",),
        )
        for number in range(count)
    ]


def write_database(path: Path, terms: Iterable[Made], entailed: Iterable[tuple] = ()) -> Path:
    """Write a semantic-SQL file."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        insert = "INSERT INTO statements (stanza, subject, predicate, object, value) VALUES "
        for term in terms:
            rows = [
                (term.id, "rdf:type", "owl:Class", None),
                (term.id, "rdfs:label", None, term.name),
                *((term.id, IS_A, above, None) for above in term.is_a),
                *((term.id, "oio:hasExactSynonym", None, each) for each in term.synonyms),
            ]
            if term.definition:
                rows.append((term.id, "IAO:0000115", None, term.definition))
            if term.is_obsolete:
                rows.append((term.id, "owl:deprecated", None, "true"))
            for number, whole in enumerate(term.part_of):
                blank = f"_:{term.id}-{number}"
                rows += [
                    (term.id, IS_A, blank, None),
                    (blank, "rdf:type", "owl:Restriction", None),
                    (blank, "owl:onProperty", PART_OF, None),
                    (blank, "owl:someValuesFrom", whole, None),
                ]
            connection.executemany(f"{insert} (?, ?, ?, ?, ?)", [(term.id, *row) for row in rows])
        connection.executemany("INSERT INTO entailed_edge VALUES (?, ?, ?)", list(entailed))
    return path


def packed(path: Path, terms: Iterable[Made], entailed: Iterable[tuple] = ()) -> bytes:
    """Return the file as it is served; the same terms give the same bytes."""
    return gzip.compress(write_database(path, terms, entailed).read_bytes(), mtime=0)


@dataclass
class OntologyServer:
    """What the server has, how it behaves, and what it has answered."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    answered: list[int] = field(default_factory=list)
    fails_with: int | None = None
    #: How many bytes of a file are sent before the connection is cut.
    cut_after: int | None = None


@contextmanager
def ontology_server() -> Iterator[OntologyServer]:
    """Serve files over HTTP with ETags, and honour them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = served.files.get(self.path)
            if served.fails_with is not None:
                self._answer(served.fails_with)
            elif content is None:
                self._answer(404)
            else:
                etag = f'"{hashlib.md5(content).hexdigest()}"'
                if self.headers.get("If-None-Match") == etag:
                    self._answer(304, etag=etag)
                else:
                    self._answer(200, content, etag=etag)

        def _answer(self, status: int, content: bytes = b"", etag: str | None = None) -> None:
            served.answered.append(status)
            self.send_response(status)
            if etag:
                self.send_header("ETag", etag)
            if status != 304:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: served.cut_after])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = OntologyServer(f"http://127.0.0.1:{server.server_address[1]}/sql")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
