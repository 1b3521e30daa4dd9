"""pytest plugin: a line of JSON for each test of the suite, to the file that KAZOO_REPORT names."""
import json
import os

import pytest

PATH = os.environ["KAZOO_REPORT"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    # A test has up to three reports: the worst of them is its verdict. What passes counts when it was called.
    if report.passed and report.when != "call":
        return
    owner = item.cls.__name__ + "." if item.cls else ""
    module = item.module.__name__.rsplit(".", 1)[-1]
    line = {
        "name": f"{module}.{owner}{item.name}",
        "verdict": report.outcome,
        "reason": "" if report.passed else str(report.longrepr),
    }
    with open(PATH, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
