"""A report as JUnit XML, which CI servers show: a suite each, and a case for each measure."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from app.cli.tables import visible
from evals.gates.report import Line, Report, Result
from evals.gates.thresholds import Verdict
from evals.report.figures import interval, samples, value
from evals.report.judged import Judged

# The tree is only written, never read: nothing hostile is parsed.


def junit(judged: Judged) -> Xml.Element:
    """`failure` for every bar that is not met, missing and under-powered ones among them; `skipped`
    for what has no bar, since nothing was judged; `error` for a suite that did not run to its
    end."""
    root = Xml.Element("testsuites", name="portcullis evals")
    for name, result in judged.suites:
        root.append(_suite(name, result, judged))
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", f"{sum(result.seconds for result in judged.report.results):.3f}")
    return root


def write(judged: Judged, path: Path) -> None:
    tree = Xml.ElementTree(junit(judged))
    Xml.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _suite(name: str, result: Result | None, judged: Judged) -> Xml.Element:
    seconds = result.seconds if result else 0.0
    at = (result.at if result else None) or judged.report.at
    suite = Xml.Element(
        "testsuite", name=visible(name), time=f"{seconds:.3f}",
        timestamp=at.strftime("%Y-%m-%dT%H:%M:%S"),
    )  # fmt: skip
    suite.append(_properties(judged.report))
    cases = [_case(line) for line in judged.of(name)]
    if result and result.error:
        case = Xml.Element("testcase", name="runs to its end", classname=_class(name))
        Xml.SubElement(case, "error", message=visible(result.error), type="error")
        cases.append(case)
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(total, str(sum(case.find(tag) is not None for case in cases)))
    if result and (result.notes or result.cases):
        told = [*result.notes, *(f"{case.of}: {case.seen}" for case in result.cases)]
        Xml.SubElement(suite, "system-out").text = "\n".join(visible(line) for line in told)
    return suite


def _case(line: Line) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        name=visible(line.name or "measures"),
        classname=_class(line.suite),
        time="0.000",
    )
    seen = "nothing was measured"
    if line.measure:
        seen = f"{value(line.measure)} ({interval(line.measure)}, n = {samples(line.measure)})"
    if line.verdict is Verdict.REPORTED:
        Xml.SubElement(case, "skipped", message=visible(f"{seen}; reported only, it has no bar"))
    elif line.verdict is not Verdict.PASSED:
        message = visible(f"{line.verdict}: {seen}, bar {line.bar or 'of any kind'}")
        Xml.SubElement(case, "failure", message=message, type=str(line.verdict))
    else:
        Xml.SubElement(case, "system-out").text = visible(f"{seen}, bar {line.bar}")
    return case


def _properties(report: Report) -> Xml.Element:
    properties = Xml.Element("properties")
    for name, said in (
        ("release", report.release), ("effort", report.effort), ("seed", report.seed),
        ("thresholds", report.thresholds), ("program", report.program), ("data", report.data),
    ):  # fmt: skip
        Xml.SubElement(properties, "property", name=name, value=visible(said))
    return properties


def _class(suite: str) -> str:
    return visible(f"evals.{suite}")
