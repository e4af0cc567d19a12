"""YAML as instance files use it: plain data by PyYAML, and nothing that one reader may take otherwise than another."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from swath.errors import InputError

__all__ = ["parse_yaml"]


class _Loader(yaml.CSafeLoader):
    """Times stay texts, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, *, where: str) -> Any:
    """What does a YAML 1.1 text say? Dictionaries, lists, numbers, words and texts, of one document.

    As :func:`yaml.safe_load`, but that times stay texts. Raises :class:`InputError`, saying in which line, for
    whatever is no such text, for a key that stands twice and for an empty file.
    """
    try:
        found = yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise InputError(f"no YAML that can be read: {what}", where=where + line, fix="Correct it") from error
    if found is None:
        raise InputError("the file is empty", where=where, fix="Give the whole file")
    return found
