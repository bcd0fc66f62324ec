// A report as one file: no script, nothing loaded, opens offline, prints.

import type { Report, ReportSection } from './report.ts';
import { escapeXml } from './svg.ts';
import { type Cell, cellText, type ReportTable } from './table.ts';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:980px;margin:2em auto;padding:0 1em}
h1{font-size:1.6em}h2{margin-top:2em;border-bottom:1px solid #999}h3{margin-bottom:.2em}
table{border-collapse:collapse;font-size:12px;margin:.5em 0 1em}th,td{border:1px solid #bbb;padding:2px 6px;text-align:left;vertical-align:top}td{overflow-wrap:anywhere;min-width:12em}td.s{min-width:0;white-space:nowrap}
th{background:#eee}td.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}.note{font-size:13px;color:#444}
svg{max-width:100%;height:auto;border:1px solid #ddd}
@media print{body{max-width:none;margin:0}h2{break-after:avoid}h3{break-after:avoid}tr{break-inside:avoid}svg{break-inside:avoid}@page{size:A4 landscape}.wide{overflow:visible}th,td{font-size:7px;padding:1px 2px}td{min-width:6em}}`;
/** Rows of a table that a reader scrolls through; its CSV file has all. */
const ROWS_SHOWN = 500;

export function reportHtml(report: Report): string {
  const about: ReportSection = { title: 'Method', paragraphs: [], tables: report.about, figures: [] };
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(report.title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeXml(report.title)}</h1>
<p>${escapeXml(report.source)}</p>
${[...report.sections, about].map(sectionHtml).join('\n')}
<h2>Gaps</h2>
<ul>${report.gaps.map((gap) => `<li>${escapeText(gap)}</li>`).join('\n')}</ul>
</body></html>
`;
}

function sectionHtml({ title, paragraphs, tables, figures }: ReportSection): string {
  const drawings = figures.map(
    (figure) =>
      `<figure style="margin:0"><figcaption><h3>${escapeXml(figure.title)}</h3></figcaption>${figure.svg}</figure>`,
  );
  return `<h2>${escapeXml(title)}</h2>
${paragraphs.map((text) => `<p>${escapeText(text)}</p>`).join('\n')}
${drawings.join('\n')}
${tables.map(tableHtml).join('\n')}`;
}

/** Characters of a cell that stays on one line: a MAC address, a device's name. */
const SHORT = 24;

function cellHtml(cell: Cell): string {
  const text = cellText(cell);
  const kinds = [...(typeof cell === 'number' ? ['n'] : []), ...(text.length <= SHORT ? ['s'] : [])];
  return `<td${kinds.length === 0 ? '' : ` class="${kinds.join(' ')}"`}>${escapeText(text)}</td>`;
}

function tableHtml({ title, name, notes, head, rows }: ReportTable): string {
  const shown = rows.slice(0, ROWS_SHOWN);
  const cut =
    rows.length > shown.length ? `<p class="note">${rows.length - shown.length} more rows are in ${name}.csv.</p>` : '';
  return `<h3>${escapeXml(title)}</h3>
${notes.map((note) => `<p class="note">${escapeText(note)}</p>`).join('\n')}
<div class="wide"><table><thead><tr>${head.map((cell) => `<th>${escapeXml(cell)}</th>`).join('')}</tr></thead><tbody>
${shown.map((row) => `<tr>${row.map((cell) => `${cellHtml(cell)}`).join('')}</tr>`).join('\n')}
</tbody></table></div>${cut}`;
}

function escapeText(text: string): string {
  return escapeXml(text.slice(0, 400)) + (text.length > 400 ? escapeXml(text.slice(400, 800)) : '');
}
