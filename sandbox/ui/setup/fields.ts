import { present } from '../../../src/kit/assert.ts';
import { inTransaction } from '../../../src/kit/transaction.ts';
import { applyField, removeField } from '../../metadata/objects.ts';
import { html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import type { CustomField } from '../../schema/custom-definition.ts';
import { fieldKey, readDefinitions } from '../../schema/custom-store.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, hiddenInput, NO_PROBLEMS, type Problems } from '../parts.ts';
import { asked, type Visit } from '../visit.ts';
import { offeredKinds, sendFieldForm, sendTypeChoice } from './field-form.ts';
import { formOf, metadataOf } from './field-metadata.ts';
import type { FieldKind } from './field-types.ts';
import { getObject } from './object.ts';

/** Two steps: the type, then what that type asks for. */
export async function newFieldForm(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const type = asked(visit, 'type');
  const kind = offeredKinds().find((offered) => offered.type === type);
  if (kind === undefined) sendTypeChoice(visit, object);
  else
    await sendFieldForm(visit, {
      object,
      kind,
      values: {},
      problems: NO_PROBLEMS,
      existing: undefined,
    });
}

export async function addField(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const kind = kindOf(visit.form['type'] ?? 'Text');
  const name = `${(visit.form['name'] ?? '').replace(/__c$/, '')}__c`;
  try {
    await changeSchema(visit.org.whole, (draft, schema) =>
      applyField(draft, schema, {
        fullName: `${object.name}.${name}`,
        metadata: metadataOf(object, visit.form),
        mode: 'create',
      }),
    );
    await grantField(visit, `${object.name}.${name}`);
    visit.response.redirect(`/setup/objects/${object.name}`);
  } catch (error) {
    const problems = fieldProblems(error);
    await sendFieldForm(visit, { object, kind, values: visit.form, problems, existing: undefined });
  }
}

function kindOf(type: string): FieldKind {
  const kind = offeredKinds().find((offered) => offered.type === type);
  if (kind !== undefined) return kind;
  throw new SalesforceError('INVALID_INPUT', `This org makes no fields of the type ${type}`);
}

/**
 * Lets the users of the ticked profiles see and write the field. It is there by now whatever becomes of this: a field
 * that nobody was granted is the administrators' alone, and can be granted later.
 */
async function grantField({ org, context, form }: Visit, fullName: string): Promise<void> {
  const sets = (form['visibleTo'] ?? '').split(';').filter((id) => id !== '');
  const [objectName = '', name = ''] = fullName.split('.');
  const object = org.whole.schema().findObject(objectName);
  const field = object && org.whole.schema().findField(object, name);
  if (sets.length === 0 || field?.permissionable !== true) return;
  const grants = sets.map((ParentId) => ({
    ParentId,
    SobjectType: objectName,
    Field: fullName,
    PermissionsRead: 'true',
    PermissionsEdit: String(!field.calculated),
  }));
  const results = await org.whole.records.create(context, 'FieldPermissions', grants);
  const [error] = results.flatMap(({ errors }) => errors);
  if (error !== undefined) org.log.warn({ err: error, fullName }, 'a new field was not granted');
}

/** A refusal stands at the input it is about, where its words say so. */
function fieldProblems(error: unknown): Problems {
  if (!(error instanceof SalesforceError)) throw error;
  const { message, errorCode } = error;
  if (errorCode === 'DUPLICATE_DEVELOPER_NAME' || /^fullName|The name can only/.test(message))
    return { general: [], fields: { name: message.replace(/^fullName: /, '') } };
  return { general: [message], fields: {} };
}

interface Existing {
  readonly object: ObjectDef;
  readonly definition: CustomField;
}

/** The custom field that a page is about, as it is defined. */
export async function getCustomField(visit: Visit): Promise<Existing> {
  const object = getObject(visit);
  const name = String(visit.request.params['field']);
  const { fields } = await inTransaction(visit.org.pool, readDefinitions);
  const field = fields.get(fieldKey(object.name, name));
  if (field === undefined)
    throw new SalesforceError('NOT_FOUND', `${object.label} has no custom field ${name}.`);
  return { object, definition: field.definition };
}

export async function fieldPage(visit: Visit): Promise<void> {
  const { object, definition } = await getCustomField(visit);
  const values = formOf(definition);
  const kind = kindOf(present(values['type'], 'type'));
  const existing = definition.fullName;
  await sendFieldForm(visit, { object, kind, values, problems: NO_PROBLEMS, existing });
}

/** What the form does not ask for stays as it is. */
export async function changeField(visit: Visit): Promise<void> {
  const { object, definition } = await getCustomField(visit);
  const before = formOf(definition);
  const kind = kindOf(present(before['type'], 'type'));
  const form = { ...visit.form, type: kind.type, name: definition.fullName };
  const cleared = { required: undefined, unique: undefined, externalId: undefined };
  const helps = { inlineHelpText: undefined, description: undefined };
  try {
    await changeSchema(visit.org.whole, (draft, schema) =>
      applyField(draft, schema, {
        fullName: `${object.name}.${definition.fullName}`,
        metadata: { ...definition, ...cleared, ...helps, ...metadataOf(object, form, definition) },
        mode: 'update',
      }),
    );
    visit.response.redirect(`/setup/objects/${object.name}`);
  } catch (error) {
    const problems = fieldProblems(error);
    const values = { ...before, ...unticked(before), ...visit.form };
    await sendFieldForm(visit, { object, kind, values, problems, existing: definition.fullName });
  }
}

/** Boxes that are not ticked are not sent. */
function unticked(before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const boxes = Object.entries(before).filter(([, value]) => value === 'true');
  return Object.fromEntries(boxes.map(([name]) => [name, 'false']));
}

export async function deleteFieldPage(visit: Visit, problem?: string): Promise<void> {
  const { object, definition } = await getCustomField(visit);
  const base = `/setup/objects/${object.name}`;
  sendPage(visit, {
    title: `Delete ${definition.label}`,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(`Delete the field ${definition.fullName}?`, crumbs(['/setup', 'Object Manager'], [base, object.label]))}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <p>What records hold in it is gone for good.</p>
      <form method="post" action="${base}/fields/${definition.fullName}/delete">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="buttons"><button class="danger main">Delete</button><a class="button" href="${base}">Cancel</a></div>
      </form>
    </div>`,
  });
}

export async function deleteField(visit: Visit): Promise<void> {
  const { object, definition } = await getCustomField(visit);
  try {
    await changeSchema(visit.org.whole, (draft) => {
      removeField(draft, `${object.name}.${definition.fullName}`);
    });
    visit.response.redirect(`/setup/objects/${object.name}`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await deleteFieldPage(visit, error.message);
  }
}
