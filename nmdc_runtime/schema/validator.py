"""Validate documents against nmdc-schema: every problem named by collection, id, place and reason.

A document is held against the class that its ``type`` names, so that a message never speaks of
another class that the same collection may hold, as the JSON Schema's own ``anyOf`` does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jsonschema_rs

from nmdc_runtime.schema.explain import Explainer
from nmdc_runtime.schema.gate import gate_of_class, schema_of_class
from nmdc_runtime.schema.hints import id_hint, near, near_type, type_hint
from nmdc_runtime.schema.load import load_json_schema, load_registry
from nmdc_runtime.schema.reader import Repeat
from nmdc_runtime.schema.registry import Collection, SchemaRegistry
from nmdc_runtime.schema.report import (
    LIMIT,
    Problem,
    ProblemList,
    ValidationReport,
    place_of,
    pointer_to,
)
from nmdc_runtime.schema.values import Path, find_foreign, plain_values
from nmdc_runtime.schema.wording import Wording, id_of, show

IGNORED = {"@type": ("Database", "nmdc:Database")}  # what a whole LinkML database may say it is


class DocumentValidator:
    """Validates documents; compiles the schema of a class when the first document of it comes.

    Safe to share between threads: two that meet the same class first may both compile it.

    Parameters
    ----------
    registry
        What the schema says of collections, classes and units.
    json_schema
        The JSON Schema of the same version; read from the installed package by default.
    """

    def __init__(self, registry: SchemaRegistry, json_schema: dict[str, Any] | None = None) -> None:
        self.registry = registry
        self._json_schema = json_schema if json_schema is not None else load_json_schema()
        self._gates: dict[str, Callable[[Any], bool]] = {}
        self._plain: dict[str, tuple[dict[str, Any], jsonschema_rs.Validator]] = {}

    def validate_documents(
        self, database: Mapping[str, Any], *, limit: int = LIMIT
    ) -> ValidationReport:
        """Report all that is wrong with a map of collection name → list of documents.

        Past ``limit`` problems the rest is only counted, a further invalid document as one.
        """
        check = self.start(limit=limit)
        for key, value in database.items():
            check.add(key, value)
        return check.report()

    def start(self, *, limit: int = LIMIT) -> "Validation":
        """Begin a validation whose documents come bit by bit."""
        return Validation(self, limit)

    def gate(self, class_name: str) -> Callable[[Any], bool]:
        """Return the quick test of documents of a class; see the module `gate`."""
        if class_name not in self._gates:
            schema = gate_of_class(self._json_schema, class_name, self.registry)
            self._gates[class_name] = _compiled(schema).is_valid
        return self._gates[class_name]

    def explainer(self, class_name: str, wording: Wording) -> Explainer:
        """Return what tells the problems of documents of a class."""
        if class_name not in self._plain:
            schema = schema_of_class(self._json_schema, class_name)
            self._plain[class_name] = (schema, _compiled(schema))
        schema, validator = self._plain[class_name]
        return Explainer(schema, validator, self.registry.storage_units, wording)


class Validation:
    """One validation: knows the problems and the ids that it has seen so far."""

    def __init__(self, validator: DocumentValidator, limit: int) -> None:
        self._validator = validator
        self._registry = validator.registry
        self._problems = ProblemList(limit)
        self._positions: dict[str, dict[str, int]] = {}
        self._wording = Wording()
        self._objects_only: set[str] = set()  # collections with the message that says so

    def report(self) -> ValidationReport:
        """Return what has been found so far."""
        return self._problems.report()

    @property
    def is_clean(self) -> bool:
        """Whether nothing wrong has been found so far."""
        return self._problems.is_empty

    def add(self, key: str, value: object, *, first: int = 0) -> None:
        """Validate one entry of the body, or a part of its list that begins at index ``first``."""
        if key in IGNORED and value in IGNORED[key]:
            return
        collection = self._registry.collections.get(key)
        if collection is None:
            if not first:
                message = f"'{key}' is not a known schema collection name"
                hint = near(key, self._registry.collections)
                self.add_problem(key, rule="collection", message=message, hint=hint)
        elif isinstance(value, list):
            self._add_documents(collection, value, first)
        elif value is None:
            message = f"value must be a list, not null, in /{key}"
            self.add_problem(
                key,
                rule="type",
                message=message,
                expected="a list",
                found="null",
                hint=f"leave {key} out, or send an empty list",
            )
        else:
            self.add_problem(
                key,
                rule="type",
                message="value must be a list",
                expected="a list",
                found=show(value) if isinstance(value, str | int | float) else "an object",
            )

    def add_problem(
        self,
        key: str,
        *,
        rule: str,
        message: str,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Note a problem with an entry of the body as a whole."""
        self._problems.add(
            Problem(
                collection=key,
                pointer=pointer_to([key]),
                rule=rule,
                expected=expected,
                found=found,
                hint=hint,
                message=message,
            )
        )

    def add_repeat(self, repeat: Repeat) -> None:
        """Note that an object has a name twice: values would be lost, and nobody knows which."""
        path = (repeat.key, repeat.document, *repeat.path)
        self._problems.add(
            Problem(
                collection=repeat.key,
                index=repeat.document,
                pointer=pointer_to((*path, repeat.name)),
                rule="duplicate_key",
                expected="each name once",
                found=show(repeat.name),
                message=f"{show(repeat.name)} is given more than once in {place_of(path)}",
            )
        )

    def _add_documents(self, collection: Collection, documents: Sequence[Any], first: int) -> None:
        positions = self._positions.setdefault(collection.name, {})
        gates = {self._registry.classes[name].class_uri: name for name in collection.class_names}
        ready: dict[str, Callable[[Any], bool]] = {}
        for index, document in enumerate(documents, first):
            if not isinstance(document, dict):
                self._not_an_object(collection.name, index, document)
                continue
            type_ = document.get("type")
            if not isinstance(type_, str) or type_ not in gates:
                self._add_strange(collection, index, document)
            else:
                is_valid = ready.get(type_) or ready.setdefault(
                    type_, self._validator.gate(gates[type_])
                )
                try:
                    is_good = is_valid(document)
                except ValueError:  # it has a value of a type that JSON does not have
                    document = plain_values(document)  # noqa: PLW2901 (the same, as JSON)
                    if foreign := find_foreign(document):
                        self._foreign(collection.name, index, document, foreign)
                        continue
                    is_good = is_valid(document)
                if not is_good:
                    self._explain(gates[type_], collection.name, index, document)
            id_ = document.get("id")
            if collection.has_id and isinstance(id_, str):
                earlier = positions.setdefault(id_, index)
                if earlier != index:
                    self._duplicate(collection.name, index, id_, earlier)

    def _explain(self, name: str, collection: str, index: int, document: dict[str, Any]) -> None:
        if self._problems.is_full:
            self._problems.count()
            return
        explainer = self._validator.explainer(name, self._wording)
        schema_class = self._registry.classes[name]
        for problem in explainer.problems(document, collection, index):
            if problem.hint is None:
                hint = type_hint(problem, schema_class, document) or id_hint(
                    problem, schema_class, self._registry
                )
                problem = replace(problem, hint=hint)  # noqa: PLW2901 (the same, told better)
            self._problems.add(problem)

    def _add_strange(self, collection: Collection, index: int, document: dict[str, Any]) -> None:
        """Judge a document whose type is missing, unknown, or foreign to the collection."""
        type_ = document.get("type")
        of_schema = self._registry.class_for_type(type_)
        if of_schema is None and len(collection.class_names) == 1:
            self._explain(collection.class_names[0], collection.name, index, document)
            return
        allowed = [self._registry.classes[name].class_uri for name in collection.class_names]
        path: tuple[str | int, ...] = (collection.name, index)
        hint = None
        if "type" in document:
            path = (*path, "type")
            message = f"{show(type_)} is not one of {allowed!r} in {place_of(path)}"
            if of_schema:
                hint = f"{type_} belongs in {of_schema.collection or 'other documents'}"
            else:
                hint = near_type(type_, allowed) or (
                    f"nmdc-schema {self._registry.version} has no such class"
                )
        else:
            message = f"'type' is a required property in {place_of(path)}"
        self._problems.add(
            Problem(
                collection=collection.name,
                index=index,
                id=id_of(document),
                pointer=pointer_to(path),
                rule="enum" if "type" in document else "required",
                expected=f"type is one of {allowed!r}",
                found=show(type_) if "type" in document else None,
                hint=hint,
                message=message,
            )
        )

    def _not_an_object(self, collection: str, index: int, value: object) -> None:
        if collection not in self._objects_only:
            self._objects_only.add(collection)
            self.add_problem(
                collection,
                rule="type",
                message="all elements of list must be dicts",
                expected="a list of objects",
            )
        if self._problems.is_full:
            self._problems.count()
            return
        shown = show(value) if not isinstance(value, list) else "a list"
        self._problems.add(
            Problem(
                collection=collection,
                index=index,
                pointer=pointer_to((collection, index)),
                rule="type",
                expected="'object'",
                found=shown,
                message=f"{shown} is not of type 'object' in /{collection}/{index}",
            )
        )

    def _foreign(self, collection: str, index: int, document: dict[str, Any], inside: Path) -> None:
        path = (collection, index, *inside)
        self._problems.add(
            Problem(
                collection=collection,
                index=index,
                id=id_of(document),
                pointer=pointer_to(path),
                rule="type",
                expected="a value that JSON has",
                message=f"the value is of a type that JSON does not have in {place_of(path)}",
            )
        )

    def _duplicate(self, collection: str, index: int, id_: str, earlier: int) -> None:
        path = (collection, index, "id")
        self._problems.add(
            Problem(
                collection=collection,
                index=index,
                id=id_,
                pointer=pointer_to(path),
                rule="unique_id",
                expected="an id that no other document has",
                found=repr(id_),
                message=f"'{id_}' is already the id of /{collection}/{earlier} in {place_of(path)}",
            )
        )


@lru_cache
def load_validator() -> DocumentValidator:
    """Return the validator for the installed nmdc-schema; one a process, like its registry."""
    return DocumentValidator(load_registry())


def _compiled(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema, validate_formats=True)
