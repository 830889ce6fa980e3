"""What the suites share: the vectors, read from raw text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[3] / "vectors"


def files(area: str) -> list[Path]:
    """All files of an area, in byte order of their names."""
    return sorted(path for path in (VECTORS / area).rglob("*") if path.is_file())


def name_of(path: Path) -> str:
    """How a vector is named: its path below `vectors/`."""
    return path.relative_to(VECTORS).as_posix()


def read(path: Path) -> Any:
    """A file of vectors. Requests and documents in it are strings, so nothing of theirs is repaired here."""
    return json.loads(path.read_bytes())


def index() -> Any:
    """The numbers that each suite asserts."""
    return read(VECTORS / "index.json")


def text_of(case: Any, name: str) -> bytes:
    """The bytes of a case's `name`: as text, as hexadecimal digits, or as a text to repeat."""
    if name in case:
        return bytes(case[name], "utf-8")
    if f"{name}_hex" in case:
        return bytes.fromhex(case[f"{name}_hex"])
    repeat = case[f"{name}_repeat"]
    units = "".join(repeat.get("unit", "").replace("{i}", str(i)) for i in range(repeat["count"]))
    return bytes(repeat.get("prefix", "") + units + repeat.get("suffix", ""), "utf-8")


def documents_of(vector: Any) -> list[tuple[str, bytes]]:
    """The documents of a vector about documents, named as its suite in Rust names them."""
    if "documents" in vector:
        texts = [bytes(document, "utf-8") for document in vector["documents"]]
    else:
        texts = [text_of(vector, "document")]
    name = vector.get("name", "policy.yaml")
    return [(name if at == 0 else f"{at}-{name}", text) for at, text in enumerate(texts)]


def policies_of(vector: Any) -> list[tuple[str, bytes]]:
    """The documents of a vector of decisions."""
    texts: list[str] = vector["policies"] if "policies" in vector else [vector["policy"]]
    return [(f"policy{at}.yaml", bytes(text, "utf-8")) for at, text in enumerate(texts)]


def cases(vector: Any) -> Iterator[tuple[str, bytes, bool, dict[str, Any]]]:
    """Name, request, whether it is clarified, and what is expected."""
    for case in vector["cases"]:
        yield case["name"], text_of(case, "request"), case.get("clarified", False), case["expect"]
