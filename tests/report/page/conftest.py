from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ltk8s.report import write
from ltk8s.report.page import Page, compose
from ltk8s.report.study import Study
from tests.report.page.chromium import Browser
from tests.report.page.whole_study import whole_study


@pytest.fixture(scope="session")
def study() -> Study:
    return whole_study()


@pytest.fixture(scope="session")
def page(study: Study) -> Page:
    return compose(study)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, study: Study) -> Path:
    """A folder with all that `ltk8s report --to` writes."""
    folder = tmp_path_factory.mktemp("report")
    write(study, folder)
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()
