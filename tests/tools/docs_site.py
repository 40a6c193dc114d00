# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our pages do otherwise than Sphinx and its theme. Sphinx loads this as an extension; see tests/tools/docs.py."""

from __future__ import annotations

import pathlib
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

_CONTENTS = re.compile(r'(<nav class="contents[^>]*>)(.*?)(</nav>)', re.DOTALL)
_FOLDED = r"\1<details><summary>On this page</summary>\2</details>\3"
_REPOSITORY = "https://github.com/forti-oauth/forti.oauth"
_BESIDE = pathlib.Path(__file__)


class _EnglishWithNumbers(SearchEnglish):
    """English in which a number is a word, so that a search for 401 or 406 finds something."""

    lang = "en"
    js_splitter_code = _BESIDE.with_suffix(".js").read_text(encoding="utf-8")

    def word_filter(self, word: str) -> bool:
        """Return True if the word belongs into the index."""
        return word not in self.stopwords


def _fit(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Fold the table of contents, which fills a phone's screen; let the head of the page lead to our first page."""
    context["theme_documentation_home_url"] = context["pathto"](app.config.root_doc)
    if "body" in context:
        context["body"] = _CONTENTS.sub(_FOLDED, context["body"])


def _as_it_is_here(_app: Sphinx, page: str, source: list[str]) -> None:
    """Write our name in small letters in the headings that antsibull-docs makes, too. Let guides lead to our own pages of what was measured."""
    source[0] = source[0].replace("Forti.Oauth", "forti.oauth")
    if page.startswith("collections/docsite/"):
        source[0] = re.sub(rf"{re.escape(_REPOSITORY)}/blob/main/docs/(\w+)\.md", r"../../\1.html", source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Hook all of this in."""
    app.add_search_language(_EnglishWithNumbers)
    app.connect("html-page-context", _fit)
    app.connect("source-read", _as_it_is_here)
    app.config.html_theme_options = {"topbar_links": {"Source": _REPOSITORY, "Report a bug": f"{_REPOSITORY}/issues/new"}}
    app.config.html_static_path = [str(_BESIDE.with_suffix(".css"))]
    app.add_css_file("docs_site.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
