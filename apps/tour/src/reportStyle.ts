/** The look of the report: one column of text, dark on white, for screens of any width and for paper. */
export const reportStyle: string = `
:root { color-scheme: light; --ink: #1a1a1a; --soft: #555; --line: #d9dde2; --blue: #0067a8; --good: #00693e; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; background: #fff; color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; }
a { color: var(--blue); }
small { color: var(--soft); font-size: .85em; font-weight: normal; }
section { margin-top: 2.5rem; }
.chapter { border-top: 1px solid var(--line); padding-top: 1.75rem; }
.ordinal { display: block; color: var(--soft); font-size: .85rem; font-weight: 600; letter-spacing: .03em; }
.story { font-size: 1.08rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .4rem .6rem .4rem 0; text-align: left; vertical-align: top; }
td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.summary { font-size: .92rem; }
.summary thead th { border-bottom: 2px solid var(--ink); }
.summary tbody > tr > * { border-bottom: 1px solid var(--line); }
.summary th[scope="row"] { font-weight: 600; }
.summary .number { padding-right: 1.2rem; }
.summary .result { white-space: nowrap; }
.label { display: none; }
.comparison { width: auto; min-width: min(100%, 24rem); margin: 1rem 0; }
.comparison th { padding-top: .8rem; border-bottom: 1px solid var(--ink); }
.comparison td { padding: .25rem .6rem; color: var(--soft); }
.comparison .ours td { background: #e8f1f8; color: var(--ink); font-weight: 700; font-size: 1.15rem; }
.checks { list-style: none; margin: 1rem 0; padding: 0; }
.checks li { display: flex; gap: .5rem; margin: .25rem 0; }
.detail { color: var(--soft); }
.mark { font-weight: 700; }
.tick { color: var(--good); }
.cross { color: var(--bad); }
.failure { border-left: 4px solid var(--bad); background: #fdf1f0; padding: .6rem 1rem; margin: 0 0 1rem; }
.failure p, .failure ul { margin: .2rem 0; }
figure { margin: 1.5rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .92rem; margin-top: .25rem; max-width: 40rem; }
.notes { color: var(--soft); font-size: .9rem; padding-left: 1.1rem; }
@media (max-width: 40rem) {
  .summary, .summary tbody, .summary tr, .summary th, .summary td { display: block; width: 100%; }
  .summary thead { display: none; }
  .summary tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .summary tbody > tr > * { border: 0; padding: .1rem 0; }
  .summary .number { text-align: left; }
  .label { display: inline; color: var(--soft); }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  a { color: inherit; text-decoration: none; }
  .chapter { break-before: auto; }
  h2, .story { break-after: avoid; }
  figure, .comparison, .checks li, .summary tr, .failure { break-inside: avoid; }
  .ours td, .failure { print-color-adjust: exact; }
}
`;
