"""Findings: kept once, in the order of their places, as text and as JSON."""

from __future__ import annotations

from hashrange.migration.findings import Finding, Findings, Place


def some() -> Findings:
    findings = Findings()
    findings.warning("unmapped-table", "of the schema", at=Place("t", 1, 1, "schema"))
    findings.repair("json-comma", "later", at=Place("/b", 9, 1))
    findings.warning("synonym", "here", fix="do it", at=Place("/a", 2, 7))
    findings.error("missing-field", "here, too", at=Place("/a", 2, 7))
    findings.error("missing-field", "here, too", at=Place("/a", 2, 7))
    findings.error("no-contract", "nowhere")
    return findings


def test_they_stand_in_the_order_of_their_places_documents_after_the_contract() -> None:
    assert [str(one) for one in some()] == [
        "/: error [no-contract] nowhere",
        "2:7 /a: error [missing-field] here, too",
        "2:7 /a: warning [synonym] here; do it",
        "9:1 /b: repair [json-comma] later",
        "schema 1:1 t: warning [unmapped-table] of the schema",
    ]


def test_they_are_counted() -> None:
    findings = some()
    assert len(findings) == 5
    assert repr(findings) == "<Findings: 2 errors, 2 warnings, 1 repairs>"
    assert findings.count("warning") == 2
    assert [one.code for one in findings.errors] == ["no-contract", "missing-field"]
    findings.add(Finding("error", "no-contract", "nowhere"))
    assert len(findings) == 5


def test_json_for_programs() -> None:
    assert some().as_json()[2] == {
        "severity": "warning", "code": "synonym", "message": "here", "fix": "do it", "document": "", "pointer": "/a",
        "line": 2, "column": 7,
    }  # fmt: skip
