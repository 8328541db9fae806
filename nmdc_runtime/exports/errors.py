"""What exports refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class FolderNotEmpty(NmdcError):
    """Files would be mixed with others."""

    kind = ErrorKind.CONFLICT
    title = "Folder not empty"

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder} is there already: name a folder that is empty, or not there")


class CollectionNotThere(NmdcError):
    """Nothing can be exported of this name."""

    kind = ErrorKind.NOT_FOUND
    title = "Collection not found"

    def __init__(self, name: str, *, database: str) -> None:
        super().__init__(f"the database {database} has no collection {name!r} with documents")
