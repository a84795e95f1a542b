import { present } from '../../../src/kit/assert.ts';
import { html } from '../../oauth/pages/html.ts';
import type { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { findId18 } from '../../store/record-id.ts';
import { sendPage } from '../page.ts';
import {
  crumbs,
  hasProblems,
  heading,
  hiddenInput,
  NO_PROBLEMS,
  problemNote,
  problemsOf,
  type Problems,
} from '../parts.ts';
import {
  formFields,
  inputsOf,
  originals,
  readSent,
  sentOriginals,
  sentState,
  stateOf,
  type FormState,
} from '../record-form.ts';
import { select, selectionOf, type Row } from '../select.ts';
import { shownLabel } from '../values.ts';
import { asked, type Visit } from '../visit.ts';
import { getListed } from './list.ts';
import { assertMay, getRecord } from './record.ts';

interface Form {
  readonly title: string;
  readonly action: string;
  readonly back: string;
  readonly object: ObjectDef;
  readonly fields: readonly FieldDef[];
  /** What the inputs show. */
  readonly state: FormState;
  /** What they showed when the person first saw the form; undefined for a new record. */
  readonly first: FormState | undefined;
  readonly problems: Problems;
}

function sendForm(visit: Visit, form: Form): void {
  const { title, action, back, object, fields, state, first, problems } = form;
  const labels = Object.fromEntries(fields.map((field) => [field.name, shownLabel(field)]));
  sendPage(visit, {
    title,
    status: hasProblems(problems) ? 400 : 200,
    body: html`<div class="card">
      <div class="head"><div>${crumbs([back, object.labelPlural])}<h1>${title}</h1></div><span class="muted"><span class="need">*</span> must be filled in</span></div>
      ${problemNote(problems, labels)}
      <form class="fields" method="post" action="${action}" novalidate>
        ${hiddenInput('csrf', visit.csrf)}
        ${inputsOf(object, fields, { state, problems })}
        ${first === undefined ? '' : originals(fields, first)}
        <div class="buttons"><button class="main">Save</button><a class="button" href="${back}">Cancel</a></div>
      </form>
    </div>`,
  });
}

/** A new record: with the object's defaults, what a related list has given, or the values of the record that is cloned. */
export async function newForm(visit: Visit): Promise<void> {
  const object = getListed(visit);
  assertMay(object, 'create');
  if (asksType(visit, object)) {
    sendTypeChoice(visit, object);
    return;
  }
  const fields = formFields(object, 'createable');
  const cloned = await findCloned(visit, object, fields);
  const row = cloned ?? (await defaultsOf(visit, object, fields));
  sendForm(visit, {
    ...newFormOf(object, fields),
    state: stateOf(visit, fields, row),
    problems: NO_PROBLEMS,
  });
}

/** Of an object with several record types the type is asked for first: it decides what the form offers. */
function asksType(visit: Visit, { recordTypes }: ObjectDef): boolean {
  const several = recordTypes.filter(({ available }) => available).length > 1;
  return several && asked(visit, 'clone') === '' && asked(visit, 'RecordTypeId') === '';
}

function sendTypeChoice(visit: Visit, object: ObjectDef): void {
  const types = object.recordTypes.filter(({ available }) => available);
  const kept = Object.entries(visit.request.query).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const back = `/ui/objects/${object.name}`;
  sendPage(visit, {
    title: `New ${object.label}`,
    body: html`<div class="card">
      ${heading(`New ${object.label}`, crumbs([back, object.labelPlural]))}
      <form method="get" action="${back}/new">
        ${kept.map(([name, value]) => hiddenInput(name, value))}
        <fieldset class="plain"><legend>Record type</legend><ul class="choice">${types.map(
          ({ id, name, isDefault }, index) =>
            html`<li><label><input type="radio" name="RecordTypeId" value="${id}"${isDefault || index === 0 ? html` checked` : ''} /> ${name}</label></li>`,
        )}</ul></fieldset>
        <div class="buttons"><button class="main">Next</button><a class="button" href="${back}">Cancel</a></div>
      </form>
    </div>`,
  });
}

function newFormOf(object: ObjectDef, fields: readonly FieldDef[]) {
  return {
    title: `New ${object.label}`,
    action: `/ui/objects/${object.name}/new`,
    back: `/ui/objects/${object.name}`,
    object,
    fields,
    first: undefined,
  };
}

async function findCloned(
  visit: Visit,
  object: ObjectDef,
  fields: readonly FieldDef[],
): Promise<Row | undefined> {
  const id = findId18(asked(visit, 'clone'));
  if (id === undefined) return undefined;
  // What may be there once only is for the person to give anew.
  const copied = fields.filter(({ unique }) => !unique);
  const soql = `SELECT ${selectionOf(visit, copied)} FROM ${object.name} WHERE Id = ${quoteSoql(id)}`;
  return (await select(visit, soql))[0];
}

async function defaultsOf(
  visit: Visit,
  object: ObjectDef,
  fields: readonly FieldDef[],
): Promise<Row> {
  const row: Record<string, unknown> = {};
  for (const field of fields) {
    const chosen = field.picklistValues.find(({ defaultValue }) => defaultValue)?.value;
    row[field.name] = field.defaultValue ?? chosen ?? null;
    const given = findId18(asked(visit, field.name));
    const own =
      field.name === 'OwnerId'
        ? visit.user.id
        : field.name === 'RecordTypeId'
          ? object.recordTypes.find(({ isDefault }) => isDefault)?.id
          : undefined;
    const id = field.type === 'reference' ? (given ?? own) : undefined;
    if (id === undefined) continue;
    row[field.name] = id;
    const target = visit.org.schema().findObjectOfId(id);
    const name = target === undefined ? undefined : visit.org.schema().findNameField(target);
    if (target === undefined || name === undefined || field.relationshipName === null) continue;
    const soql = `SELECT ${name.name} FROM ${target.name} WHERE Id = ${quoteSoql(id)}`;
    row[field.relationshipName] = (await select(visit, soql))[0] ?? null;
  }
  return row;
}

export async function createFromForm(visit: Visit): Promise<void> {
  const { org, context, form, response } = visit;
  const object = getListed(visit);
  const fields = formFields(object, 'createable');
  const { values, errors } = await readSent(visit, fields, { onlyChanged: false });
  const refused = (refusals: readonly SalesforceError[]): void => {
    sendForm(visit, {
      ...newFormOf(object, fields),
      state: sentState(fields, form),
      problems: problemsOf(refusals, namesOf(fields)),
    });
  };
  if (errors.length > 0) {
    refused(errors);
    return;
  }
  const [result] = await org.records.create(context, object.name, [values]);
  const { id, errors: refusals } = present(result, 'result');
  if (id === null || refusals.length > 0) refused(refusals);
  else response.redirect(`/${id}?created=1`);
}

function namesOf(fields: readonly FieldDef[]): readonly string[] {
  return fields.map(({ name }) => name);
}

const editable = (object: ObjectDef): readonly FieldDef[] => formFields(object, 'updateable');

export async function editForm(visit: Visit): Promise<void> {
  const { object, row, id, name } = await getRecord(visit, editable);
  assertMay(object, 'edit');
  const fields = editable(object);
  const state = stateOf(visit, fields, row);
  sendForm(visit, {
    ...editFormOf(object, id, name),
    fields,
    state,
    first: state,
    problems: NO_PROBLEMS,
  });
}

function editFormOf(object: ObjectDef, id: string, name: string) {
  return { title: `Edit ${name}`, action: `/${id}/e`, back: `/${id}`, object };
}

/** Only what was changed on the form is written: what others changed meanwhile stays. */
export async function updateFromForm(visit: Visit): Promise<void> {
  const { org, context, form, response } = visit;
  const { object, id, name } = await getRecord(visit, () => []);
  const fields = editable(object);
  const { values, errors } = await readSent(visit, fields, { onlyChanged: true });
  const refusals = [...errors];
  if (refusals.length === 0 && Object.keys(values).length > 0) {
    const [result] = await org.records.update(context, object.name, [{ Id: id, ...values }]);
    refusals.push(...present(result, 'result').errors);
  }
  if (refusals.length === 0) {
    response.redirect(`/${id}?saved=1`);
    return;
  }
  sendForm(visit, {
    ...editFormOf(object, id, name),
    fields,
    state: sentState(fields, form),
    first: sentOriginals(form),
    problems: problemsOf(refusals, namesOf(fields)),
  });
}
