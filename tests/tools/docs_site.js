/* Copyright (c) 2026, the forti.oauth authors
   GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */

/* Part of the search page, behind Sphinx's own searchtools.js. */
let asksForNumber = false;

/* Sphinx drops numbers from a question. Here 401 and 406 are words. */
const parseWithoutNumbers = Search._parseQuery;
Search._parseQuery = (query) => {
  const parsed = parseWithoutNumbers(query);
  const [, searchTerms, , highlightTerms] = parsed;
  const numbers = splitQuery(query.trim()).filter((word) => /^\d+$/.test(word));
  asksForNumber = numbers.length > 0;
  for (const number of numbers) {
    searchTerms.add(number);
    highlightTerms.add(number);
  }
  localStorage.setItem("sphinx_highlight_terms", [...highlightTerms].join(" "));
  return parsed;
};

/* Guides stand before the reference. Who asks for a number has most often seen it in a message. */
Scorer.score = ([page, , , , score]) => {
  if (asksForNumber && page.endsWith("guide_troubleshooting")) return score + 2;
  return page.includes("docsite/") ? score + 1 : score;
};

/* Sphinx stops at an anchor that holds no text. */
const summaryOrNothing = Search.makeSearchSummary;
Search.makeSearchSummary = (...found) => summaryOrNothing(...found) ?? document.createTextNode("");
