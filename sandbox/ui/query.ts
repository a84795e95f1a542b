import { html, type Html } from '../oauth/pages/html.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { CompiledQuery } from '../soql/compiled.ts';
import { findId18 } from '../store/record-id.ts';
import { QUERY_ROWS_SHOWN } from './limits.ts';
import { sendPage } from './page.ts';
import { heading } from './parts.ts';
import { compile, countRows, selectCompiled, type Row } from './select.ts';
import { asked, type Visit } from './visit.ts';

const EXAMPLE = 'SELECT Id, Name, Email, Account.Name FROM Contact ORDER BY Name LIMIT 100';

/** SOQL by hand, as in the Developer Console: the answer as a table, or what is wrong with the statement and where. */
export async function queryPage(visit: Visit): Promise<void> {
  const soql = asked(visit, 'q');
  const deleted = asked(visit, 'deleted') === 'true';
  const answer = soql === '' ? undefined : await answerOf(visit, soql, deleted);
  const place = answer?.kind === 'refused' ? placeOf(answer.message) : undefined;
  sendPage(visit, {
    title: 'Query',
    status: answer?.kind === 'refused' ? 400 : 200,
    body: html`<div class="card">
      ${heading('Query', '')}
      <form method="get" action="/ui/query">
        <div class="field">
          <label for="soql">SOQL</label>
          <textarea id="soql" name="q" class="code" spellcheck="false" autocapitalize="none" required${place === undefined ? html`` : html` data-error-place="${place}"`}${answer?.kind === 'refused' ? html` aria-describedby="refusal"` : html``}>${soql === '' ? EXAMPLE : soql}</textarea>
          <p class="help">Control and Enter run it.</p>
        </div>
        <label class="check"><input type="checkbox" name="deleted" value="true"${deleted ? html` checked` : ''} /> Also deleted records (queryAll)</label>
        <div class="buttons"><button class="main">Run</button></div>
      </form>
    </div>
    ${answer === undefined ? '' : html`<div class="card" id="answer">${answerBody(answer)}</div>`}`,
  });
}

type Answer =
  | { readonly kind: 'refused'; readonly message: string; readonly code: string }
  | { readonly kind: 'count'; readonly count: number; readonly ms: number }
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly ms: number };

async function answerOf(visit: Visit, soql: string, deleted: boolean): Promise<Answer> {
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  try {
    const compiled = compile(visit, soql, { deleted });
    if (compiled.kind === 'count')
      return { kind: 'count', count: await countRows(visit, soql), ms: took() };
    const rows = await selectCompiled(visit, bounded(compiled));
    return { kind: 'rows', rows, ms: took() };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return { kind: 'refused', message: error.message, code: error.errorCode };
  }
}

/** One row more than is shown, to know whether there are more. */
function bounded(compiled: CompiledQuery): CompiledQuery {
  const { text, values } = compiled.records;
  const shown = `select record from (${text}) as page limit ${QUERY_ROWS_SHOWN + 1}`;
  return { ...compiled, records: { text: shown, values } };
}

/** `ERROR at Row:1:Column:8` */
function placeOf(message: string): string | undefined {
  const place = /ERROR at Row:(\d+):Column:(\d+)/.exec(message);
  return place === null ? undefined : `${place[1] ?? ''}:${place[2] ?? ''}`;
}

function answerBody(answer: Answer): Html {
  switch (answer.kind) {
    case 'refused':
      return html`<h2>${answer.code}</h2><pre class="note bad" id="refusal" role="alert">${answer.message.trimStart()}</pre>`;
    case 'count':
      return html`<h2>${answer.count.toLocaleString('en-US')} records</h2><p class="muted">Counted in ${answer.ms} ms.</p>`;
    case 'rows':
    default:
      return rowsTable(answer);
  }
}

function rowsTable({ rows, ms }: { readonly rows: readonly Row[]; readonly ms: number }): Html {
  const shown = rows.slice(0, QUERY_ROWS_SHOWN).map((row) => flat(row));
  const columns = [...new Set(shown.flatMap((row) => [...row.keys()]))];
  const more = rows.length > QUERY_ROWS_SHOWN;
  const count = more
    ? `The first ${QUERY_ROWS_SHOWN} records`
    : `${rows.length} ${rows.length === 1 ? 'record' : 'records'}`;
  if (rows.length === 0)
    return html`<h2>No records</h2><p class="muted">Nothing answers the query. It took ${ms} ms.</p>`;
  return html`<h2>${count}</h2><p class="muted">In ${ms} ms.${more ? ' There are more; add a LIMIT, or ask the API for all of them.' : ''}</p>
    <div class="scroll"><table id="rows" data-sortable>
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${shown.map((row) => html`<tr>${columns.map((column) => html`<td>${cell(row.get(column))}</td>`)}</tr>`)}</tbody>
    </table></div>`;
}

function cell(value: unknown): Html | string {
  if (value === null || value === undefined) return html`<span class="muted">null</span>`;
  if (typeof value !== 'string') return html`<span class="code">${JSON.stringify(value)}</span>`;
  return findId18(value) === value ? html`<a href="/${value}">${value}</a>` : value;
}

/** Parents as paths (`Account.Name`); children as their number. */
function flat(row: Row, before = ''): ReadonlyMap<string, unknown> {
  const cells = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row)) {
    if (name === 'attributes') continue;
    if (typeof value !== 'object' || value === null || !('attributes' in value)) {
      const children = typeof value === 'object' && value !== null && 'totalSize' in value;
      cells.set(before + name, children ? `${String(value.totalSize)} records` : value);
      continue;
    }
    for (const [inner, of] of flat({ ...value }, `${before}${name}.`)) cells.set(inner, of);
  }
  return cells;
}
