"""Every link within the repository leads somewhere."""

from urllib.parse import unquote

import pytest

from tests.docs.pages import PAGES, ROOT, Page

pytestmark = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def test_links_lead_to_files_and_headings_that_exist(path):
    broken = []
    for target in Page(path).links:
        if "://" in target or target.startswith(("mailto:", "data:")):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        inside = file == ROOT or ROOT in file.parents
        if not inside or not file.exists() or (anchor and anchor not in Page(file).anchors):
            broken.append(target)
    assert broken == []


def test_no_page_names_a_place_on_its_authors_machine(path):
    assert "/work/" not in path.read_text(encoding="utf-8")
