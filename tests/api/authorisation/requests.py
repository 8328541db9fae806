"""A request for each route that is well-formed, so that what decides is who sends it."""

from typing import Any, Final

Json = dict[str, Any]

#: Values of parameters and fields, by name, where any text will not do.
NAMED: Final[Json] = {
    "action": "/wf_file_staging",
    "created_time": "2026-11-23T12:00:00Z",
    "create_date": "2026-11-23T12:00:00Z",
    "expires_in_days": 1,
    "filter": "{}",
    "how_many": 1,
    "mime_type": "text/plain",
    "new_password": "a-new-password-1",
    "password": "a-new-password-1",
    "secret": "a-new-secret-1",
    "time": "2026-11-23T12:00:00Z",
    "type": "https",
    "url": "https://example.org/file",
}


def path_for(template: str, seeds: dict[str, str]) -> str:
    """Return the path of a route with the ids of what was put there for it."""
    for name, value in seeds.items():
        template = template.replace("{" + name + "}", value).replace("{" + name + ":path}", value)
    assert "{" not in template, f"no seed for {template}"
    return template


def body_for(operation: Json, openapi: Json) -> tuple[str, Any] | None:
    """Return the least body that the route's own schema admits, and its media type."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None
    media_type, described = next(iter(content.items()))
    return media_type, example(described["schema"], openapi)


def query_for(operation: Json, openapi: Json) -> Json:
    """Return the query parameters that the route cannot do without."""
    return {
        parameter["name"]: NAMED.get(
            parameter["name"], example(parameter["schema"], openapi, name=parameter["name"])
        )
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and parameter.get("required")
    }


def example(schema: Json, openapi: Json, *, name: str = "") -> Any:
    """Return a small instance of a JSON schema of the OpenAPI document."""
    if "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(schema[several][0], openapi, name=name)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type", "object"):
        case "object":
            fields = schema.get("properties", {})
            value: Any = {
                field: NAMED.get(field, example(fields[field], openapi, name=field))
                for field in schema.get("required", [])
            }
        case "array":
            count = schema.get("minItems", 0)
            value = [example(schema["items"], openapi, name=name) for _ in range(count)]
        case "integer" | "number":
            value = schema.get("minimum", 1)
        case "boolean":
            value = False
        case _:
            is_date = schema.get("format") == "date-time"
            value = "2026-11-23T12:00:00Z" if is_date else f"any-{name}"
    return value
