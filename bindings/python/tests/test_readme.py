"""The examples of the page that users read first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import toolgate

PAGE = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
FRONT_PAGE = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")


def examples(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert examples(PAGE) and examples(FRONT_PAGE)
    for example in examples(PAGE):
        exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out == "A person must approve transfers above 1000.\n"
    for example in examples(FRONT_PAGE):
        exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out == "deny\n"


def test_every_attribute_is_mentioned() -> None:
    for kind in [toolgate.Decision, toolgate.Explanation, toolgate.Policy]:
        for name in vars(kind):
            if not name.startswith("_"):
                assert re.search(rf"\b{name}\b", PAGE), name


def test_every_code_is_mentioned() -> None:
    sources = (Path(__file__).resolve().parents[1] / "src").glob("*.rs")
    codes = {code for source in sources for code in re.findall(r'"(host/[a-z-]+)"', source.read_text("utf-8"))}
    assert len(codes) >= 5
    for code in codes:
        assert f"`{code}`" in PAGE, code
