import { FaultRule, parse } from '../../admin/fault-rule.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { ActiveRule } from '../../injector.ts';
import { sendPage } from '../page.ts';
import { heading, hiddenInput, postButton, selectField, table, textField } from '../parts.ts';
import type { Visit } from '../visit.ts';

const POINTS = [
  ['request', 'a request: POST /services/data/v60.0/composite'],
  ['record', 'a record that is written: update Contact 003…'],
  ['event', 'an event: its channel'],
  ['replay', 'a subscription with a replay id: its channel'],
  ['batch', 'a batch of a Bulk job: upsert Contact'],
] as const;

const EFFECTS = [
  ['refuse', 'is refused (request, record, batch)'],
  ['loseReply', 'is carried out, and its answer lost (request)'],
  ['truncate', 'answers cut off (request)'],
  ['delay', 'is delayed (request, event, batch)'],
  ['stuck', 'never ends (batch)'],
  ['drop', 'is not delivered (event)'],
  ['duplicate', 'is delivered twice (event)'],
  ['reorder', 'comes after the next one (event)'],
  ['gap', 'loses its contents (event)'],
  ['expire', 'is told that its replay id is no longer valid (replay)'],
] as const;

/** What goes wrong on purpose: the rules of the admin API, when that is on, for the administrator. */
export function faultsPage(visit: Visit, problem?: string): void {
  assertAdministrator(visit);
  const rules = visit.org.injector.list();
  sendPage(visit, {
    title: 'Faults',
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
        ${heading('Faults', '', rules.length === 0 ? [] : [postButton({ action: '/setup/faults', csrf: visit.csrf, label: 'Remove all', style: 'danger', confirm: 'Remove all faults?', values: { do: 'clear' } })])}
        <p class="muted">What goes wrong on purpose, until the org ends.</p>
        ${table({
          id: 'rules',
          heads: ['Where', 'What fits', 'What happens', 'How often', 'Has happened', 'Remove'],
          rows: rules.map((rule) => ruleCells(visit, rule)),
          empty: 'Nothing goes wrong on purpose.',
        })}
      </div>
      <div class="card"><h2>Add a fault</h2>
        ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
        ${ruleForm(visit)}
      </div>`,
  });
}

function ruleCells(visit: Visit, rule: ActiveRule): readonly (Html | string)[] {
  const { kind, ...details } = rule.effect;
  const more = Object.values(details).map(String).join(', ');
  const often = rule.count === null ? 'always' : `${rule.count} times`;
  const chance = rule.probability === 1 ? '' : `, by a chance of ${rule.probability}`;
  const skip = rule.skip === 0 ? '' : `, after ${rule.skip}`;
  return [
    rule.point,
    html`<span class="code">${rule.subject === '' ? 'everything' : rule.subject}</span>`,
    more === '' ? kind : `${kind}: ${more}`,
    often + chance + skip,
    String(rule.happened),
    postButton({
      action: '/setup/faults',
      csrf: visit.csrf,
      label: 'Remove',
      style: 'small danger',
      values: { do: 'remove', id: rule.id },
    }),
  ];
}

function ruleForm({ csrf, form }: Visit): Html {
  const value = (name: string, fallback = ''): string => form[name] ?? fallback;
  const number = (name: string, label: string, [fallback, help]: readonly [string, string]): Html =>
    textField({
      name,
      label,
      type: 'number',
      value: value(name, fallback),
      help,
      more: html`min="0" step="any"`,
    });
  return html`<form method="post" action="/setup/faults" novalidate>
    ${hiddenInput('csrf', csrf)}${hiddenInput('do', 'add')}
    <div class="grid">
      ${selectField({ name: 'point', label: 'Where', value: value('point', 'record'), options: POINTS })}
      ${textField({ name: 'subject', label: 'What fits', value: value('subject'), help: 'A regular expression, such as ^update Contact; empty is everything.' })}
      ${selectField({ name: 'kind', label: 'It …', value: value('kind', 'refuse'), options: EFFECTS })}
      ${textField({ name: 'errorCode', label: 'Error code of a refusal', value: value('errorCode', 'UNABLE_TO_LOCK_ROW') })}
      ${textField({ name: 'message', label: 'Message of a refusal', value: value('message', 'unable to obtain exclusive access to this record') })}
      ${number('status', 'Status of a refused request', ['', '400 to 599; 400 when empty.'])}
      ${number('ms', 'Delay in milliseconds', ['1000', 'For delays.'])}
      ${number('bytes', 'Cut off after bytes', ['100', 'For cut-off answers.'])}
      ${number('count', 'How often', ['1', 'Empty is for ever.'])}
      ${number('probability', 'Chance, 0 to 1', ['1', 'Of each occasion.'])}
      ${number('skip', 'Let pass first', ['0', 'So many occasions.'])}
    </div>
    <div class="buttons"><button class="main">Add</button></div>
  </form>`;
}

export function changeFaults(visit: Visit): void {
  assertAdministrator(visit);
  const { org, form, response } = visit;
  try {
    if (form['do'] === 'clear') org.injector.remove();
    else if (form['do'] === 'remove') org.injector.remove(form['id'] ?? '');
    else org.injector.add(parse(FaultRule, ruleOf(form)));
    response.redirect('/setup/faults');
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    faultsPage(visit, error.message);
  }
}

/** What the form says, in the shape of the admin API; what the effect does not ask for is left out. */
function ruleOf(form: Visit['form']): unknown {
  const number = (name: string): number | undefined => {
    const text = (form[name] ?? '').trim();
    return text === '' ? undefined : Number(text);
  };
  const details: Readonly<Record<string, unknown>> =
    form['kind'] === 'refuse'
      ? { errorCode: form['errorCode'], message: form['message'], status: number('status') }
      : form['kind'] === 'delay'
        ? { ms: number('ms') }
        : form['kind'] === 'truncate'
          ? { bytes: number('bytes') }
          : {};
  return {
    point: form['point'],
    subject: form['subject'],
    effect: { kind: form['kind'], ...details },
    count: number('count') ?? null,
    probability: number('probability'),
    skip: number('skip'),
  };
}

function assertAdministrator({ org, user }: Visit): void {
  if (org.config.adminApi && user.profileId === org.adminProfileId) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'Faults are for the administrator alone, and only where the admin API is on (LANDBRIDGE_ORG_ADMIN=on).',
  );
}
