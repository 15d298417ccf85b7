"""The report as JUnit XML, which every CI server shows as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from wheelclash.report.problems import problems_of

if TYPE_CHECKING:
    from wheelclash.report.formats import Context
    from wheelclash.report.problems import Problem

__all__ = ["to_junit"]

_NOT_READ = "WC014"


def to_junit(report: Any, context: Context) -> str:
    """Return a test suite with a failed test for each problem that counts, and one that passed if none does.

    What could not be read is an error; a problem below ``--fail-on`` passes, with its text as output. Every text is
    printable: XML 1.0 cannot hold control characters.
    """
    problems = [problem for problem in problems_of(report) if not problem.ignored]
    suite = ET.Element("testsuite", name="wheelclash")
    for problem in problems:
        _add(suite, problem, context)
    if not problems:
        ET.SubElement(suite, "testcase", classname="wheelclash", name=context.headline)
    for name, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        suite.set(name, str(len(suite.findall(tag))))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add(suite: ET.Element, problem: Problem, context: Context) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=f"wheelclash.{problem.rule.name}", name=f"{problem.code} {problem.place}"
    )
    source = context.source_of(problem)
    if source is not None:
        case.set("file", source.path)
        case.set("line", str(source.line))
    text = "\n".join((problem.message, *problem.paths))
    if problem.code == _NOT_READ:
        tag = "system-out" if context.allow_incomplete else "error"
    else:
        tag = "failure" if context.counts(problem) else "system-out"
    attributes = {} if tag == "system-out" else {"type": problem.code, "message": problem.message}
    ET.SubElement(case, tag, attributes).text = text
