"""Google's discovery document as a judge: whether a request is one that it describes. Nothing here is made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class BadRequest(Exception):
    """The request is not as the document has it; the message says where."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the document, such as `youtube.liveBroadcasts.insert`."""

    name: str
    spec: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def verb(self) -> str:
        """GET, POST, PUT or DELETE."""
        return str(self.spec["httpMethod"])

    @property
    def path(self) -> str:
        """Where it is asked for."""
        return f"/{self.document['servicePath']}{self.spec['path']}"

    def check(self, query: Mapping[str, Sequence[str]], body: object) -> None:
        """Raises `BadRequest`."""
        known = {**self.document["parameters"], **self.spec["parameters"]}
        for name, values in query.items():
            if name not in known:
                raise BadRequest(f"unknown parameter {name}")
            if len(values) > 1 and not known[name].get("repeated"):
                raise BadRequest(f"{name} is given more than once")
            for value in values:
                _check_parameter(name, value, known[name])
        if missing := [name for name, spec in known.items() if spec.get("required") and name not in query]:
            raise BadRequest(f"required parameters are missing: {missing}")
        if "request" in self.spec:
            self._check(body, self.spec["request"]["$ref"], "")
            self._check_required(body, self.spec["request"]["$ref"], "")
        elif body is not None:
            raise BadRequest("it takes no body")

    def _check(self, value: object, schema_name: str, path: str) -> None:
        if not isinstance(value, dict):
            raise BadRequest(f"{path or 'the body'} is no object")
        properties = self.document["schemas"][schema_name]["properties"]
        for name, item in value.items():
            if name not in properties:
                raise BadRequest(f"{schema_name} has no {name}")
            spec = properties[name]
            if "$ref" in spec:
                self._check(item, spec["$ref"], f"{path}.{name}")
            else:
                _check_value(item, spec, f"{path}.{name}")

    def _check_required(self, value: Any, schema_name: str, path: str) -> None:
        """The document notes with each property for which methods it must be given, and of `cdn.format` that it was
        given up: the reference has `resolution` and `frameRate` in its place."""
        for name, spec in self.document["schemas"][schema_name]["properties"].items():
            is_asked = self.name in spec.get("annotations", {}).get("required", ()) and not spec.get("deprecated")
            if is_asked and name not in value:
                raise BadRequest(f"{path}.{name} is required")
            if "$ref" in spec and name in value:
                self._check_required(value[name], spec["$ref"], f"{path}.{name}")


def methods(document: Mapping[str, Any], resources: Sequence[str]) -> list[Method]:
    """All methods of these resources."""
    return [
        Method(f"youtube.{resource}.{name}", spec, document)
        for resource in resources
        for name, spec in document["resources"][resource]["methods"].items()
    ]


def _check_parameter(name: str, value: str, spec: Mapping[str, Any]) -> None:
    if "enum" in spec and value not in spec["enum"]:
        raise BadRequest(f"{name} may not be {value}")
    if spec.get("type") == "boolean" and value not in ("true", "false"):
        raise BadRequest(f"{name} is true or false")
    if spec.get("type") == "integer" and not (
        value.isdecimal() and int(spec.get("minimum", 0)) <= int(value) <= int(spec.get("maximum", 2**31))
    ):
        raise BadRequest(f"{name} is out of range")


_TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}


def _check_value(value: object, spec: Mapping[str, Any], path: str) -> None:
    if not isinstance(value, _TYPES[spec["type"]]):
        raise BadRequest(f"{path} is no {spec['type']}")
    if "enum" in spec and value not in spec["enum"]:
        raise BadRequest(f"{path} may not be {value}")
    if spec.get("format") == "date-time":
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            raise BadRequest(f"{path} is no time") from None
        if at.tzinfo is None:
            raise BadRequest(f"{path} has no offset")
