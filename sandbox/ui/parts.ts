import { html, type Html } from '../oauth/pages/html.ts';
import type { SalesforceError } from '../salesforce-error.ts';

/** The way back, above a page's heading. */
export function crumbs(...steps: readonly (readonly [path: string, label: string])[]): Html {
  return html`<p class="crumbs">${steps.map(([path, label], index) => html`${index === 0 ? '' : ' › '}<a href="${path}">${label}</a>`)}</p>`;
}

export function heading(title: string, above: Html | '', actions: readonly Html[] = []): Html {
  return html`<div class="head">
    <div>${above}<h1>${title}</h1></div>
    ${actions.length === 0 ? '' : html`<div class="actions">${actions}</div>`}
  </div>`;
}

export function hiddenInput(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}

/** A button that posts: with the form token, and what else it is about. */
export function postButton(of: {
  readonly action: string;
  readonly csrf: string;
  readonly label: string;
  readonly style?: string;
  readonly values?: Readonly<Record<string, string>>;
  /** What a person is asked first. */
  readonly confirm?: string;
}): Html {
  const values = Object.entries({ csrf: of.csrf, ...of.values });
  return html`<form method="post" action="${of.action}"${of.confirm === undefined ? '' : html` data-confirm="${of.confirm}"`}>${values.map(([name, value]) => hiddenInput(name, value))}<button class="${of.style ?? ''}">${of.label}</button></form>`;
}

export interface TableOf {
  readonly id: string;
  readonly caption?: string;
  readonly heads: readonly string[];
  /** Of each row its cells; the first names the row. */
  readonly rows: readonly (readonly (Html | string)[])[];
  /** What stands there instead of a table without rows. */
  readonly empty: string;
  /** A box that filters the rows, for tables that are complete on one page. */
  readonly filtered?: boolean;
}

/** A table whose rows are all there: sorted and filtered in the browser. */
export function table({ id, caption, heads, rows, empty, filtered = false }: TableOf): Html {
  if (rows.length === 0) return html`<div class="empty"><p>${empty}</p></div>`;
  return html`${
    filtered
      ? html`<div class="toolbar"><input type="search" hidden data-filter="${id}" aria-label="Filter" placeholder="Filter" /><span class="muted" id="${id}-count" role="status"></span></div>`
      : ''
  }<div class="scroll"><table id="${id}" data-sortable>
    ${caption === undefined ? '' : html`<caption>${caption}</caption>`}
    <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (cells) =>
        html`<tr>${cells.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** What was wrong with a form: what of it belongs to no field, and which fields to look at. */
export interface Problems {
  readonly general: readonly string[];
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, string>>;
}

export const NO_PROBLEMS: Problems = { general: [], fields: {} };

/** An error at the fields it names, of those the form has. */
export function problemsOf(errors: readonly SalesforceError[], names: readonly string[]): Problems {
  const general: string[] = [];
  const fields: Record<string, string> = {};
  for (const { message, fields: wrong } of errors.flatMap((error) => [error, ...error.others])) {
    const shown = wrong.filter((name) => names.includes(name));
    if (shown.length === 0) general.push(message);
    for (const name of shown) fields[name] = message;
  }
  return { general, fields };
}

export function hasProblems({ general, fields }: Problems): boolean {
  return general.length > 0 || Object.keys(fields).length > 0;
}

/** Above a form that came back: what is wrong, with links to the fields. */
export function problemNote(problems: Problems, labels: Readonly<Record<string, string>>): Html {
  if (!hasProblems(problems)) return html``;
  const fields = Object.entries(problems.fields);
  return html`<div class="note bad" role="alert">
    <ul>${problems.general.map((message) => html`<li>${message}</li>`)}${fields.map(([name, message]) => html`<li><a href="#f-${name}">${labels[name] ?? name}</a>: ${message.replace(`${labels[name] ?? name}: `, '')}</li>`)}</ul>
  </div>`;
}

export interface FieldOf {
  readonly name: string;
  readonly label: string;
  readonly required?: boolean;
  readonly help?: string | undefined;
  readonly problem?: string | undefined;
  readonly wide?: boolean;
}

/** A label over an input, with its help and what is wrong with it tied to it for who cannot see. */
export function fieldFrame(
  { name, label, required = false, help, problem, wide = false }: FieldOf,
  input: (attributes: Html) => Html,
): Html {
  const id = `f-${name}`;
  const about = [
    ...(help === undefined ? [] : [`${id}-help`]),
    ...(problem === undefined ? [] : [`${id}-wrong`]),
  ].join(' ');
  const attributes = html`id="${id}" name="${name}"${required ? html` aria-required="true"` : ''}${about === '' ? '' : html` aria-describedby="${about}"`}${problem === undefined ? '' : html` aria-invalid="true"`}`;
  return html`<div class="${wide ? 'field wide' : 'field'}"><label for="${id}">${required ? html`<span class="need" aria-hidden="true">*</span> ` : ''}${label}</label>${input(attributes)}${
    help === undefined ? '' : html`<p class="help" id="${id}-help">${help}</p>`
  }${problem === undefined ? '' : html`<p class="wrong" id="${id}-wrong">${problem}</p>`}</div>`;
}

export interface TextFieldOf extends FieldOf {
  readonly value: string;
  readonly type?: string;
  readonly more?: Html;
}

export function textField(of: TextFieldOf): Html {
  return fieldFrame(
    of,
    (attributes) =>
      html`<input type="${of.type ?? 'text'}" ${attributes} value="${of.value}" ${of.more ?? ''} />`,
  );
}

export function selectField(
  of: FieldOf & {
    readonly value: string;
    readonly options: readonly (readonly [value: string, label: string])[];
  },
): Html {
  return fieldFrame(
    of,
    (attributes) =>
      html`<select ${attributes}>${of.options.map(([value, label]) => html`<option value="${value}"${value === of.value ? html` selected` : ''}>${label}</option>`)}</select>`,
  );
}

export function checkField(
  of: Pick<FieldOf, 'name' | 'label' | 'help'> & { readonly checked: boolean },
): Html {
  return html`<div class="field"><label class="check" for="f-${of.name}"><input type="checkbox" id="f-${of.name}" name="${of.name}" value="true"${of.checked ? html` checked` : ''} /> ${of.label}</label>${of.help === undefined ? '' : html`<p class="help">${of.help}</p>`}</div>`;
}

export function tag(text: string, kind: 'good' | 'bad' | 'wait' | '' = ''): Html {
  return html`<span class="tag ${kind}">${text}</span>`;
}
