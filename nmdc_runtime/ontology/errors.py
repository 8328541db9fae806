"""What a load of an ontology refuses."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class OntologyNameInvalid(NmdcError):
    """No ontology can have this name."""

    kind = ErrorKind.INVALID
    title = "Not the name of an ontology"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:80]!r} is not the name of an ontology: write it as `envo`, in lower case",
            ontology=name[:80],
        )


class OntologyFileUnreadable(NmdcError):
    """The file is not what a semantic-SQL database is."""

    kind = ErrorKind.INVALID
    title = "Ontology file unreadable"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be read as a semantic-SQL database: {reason}", url=url)


class OntologyWithoutTerms(NmdcError):
    """The file has no term of the ontology: loading it would make every stored term obsolete."""

    kind = ErrorKind.INVALID
    title = "No terms in the ontology file"

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__(
            f"{url} has no term that begins with {prefix}; nothing was changed", url=url
        )


class OntologyShrunk(NmdcError):
    """The file lacks most of the stored terms: it is rather broken than new."""

    kind = ErrorKind.CONFLICT
    title = "Ontology file lacks most terms"

    def __init__(self, url: str, *, vanishing: int, stored: int) -> None:
        super().__init__(
            f"{url} lacks {vanishing} of {stored} stored terms; nothing was changed. If that is "
            "right, run the job again with `allow_vanishing: true` in the op's config",
            url=url,
            vanishing=vanishing,
            stored=stored,
        )


class OntologyWriteRefused(NmdcError):
    """MongoDB refused documents of an ontology."""

    kind = ErrorKind.CONFLICT
    title = "Write refused"

    def __init__(self, collection: str, reasons: list[str]) -> None:
        super().__init__(
            f"MongoDB refused {len(reasons)} writes to {collection}, for example: {reasons[0]}",
            collection=collection,
        )
