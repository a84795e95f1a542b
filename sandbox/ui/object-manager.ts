import { html } from '../oauth/pages/html.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { addCustomField } from '../schema/add-custom.ts';
import { MetadataType } from '../schema/custom-definition.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { sendPage } from './page.ts';
import type { Visit } from './router.ts';

export function objectManager({ org, response, username }: Visit): void {
  const objects = org.schema().objects.filter(({ isView }) => !isView);
  sendPage(response, {
    title: 'Object Manager',
    username,
    body: html`<div class="card">
      <div class="head"><h1>Object Manager</h1><span class="muted">${objects.length} objects</span></div>
      <div class="scroll">
        <table>
          <thead><tr><th>Label</th><th>API Name</th><th>Type</th><th>Key Prefix</th><th>Fields</th></tr></thead>
          <tbody>
            ${objects.map(
              (object) => html`<tr>
                <td><a href="/setup/objects/${object.name}">${object.label}</a></td>
                <td>${object.name}</td>
                <td>${object.custom ? 'Custom Object' : 'Standard Object'}</td>
                <td>${object.keyPrefix ?? ''}</td>
                <td>${object.fields.length}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`,
  });
}

function objectOf({ org, request }: Visit): ObjectDef {
  const object = org.schema().findObject(String(request.params['object']));
  if (object !== undefined && !object.isView) return object;
  throw new SalesforceError('NOT_FOUND', 'There is no such object in this org.');
}

export function objectFields(visit: Visit): void {
  const { response, username } = visit;
  const object = objectOf(visit);
  sendPage(response, {
    title: object.label,
    username,
    body: html`<div class="card">
      <div class="head">
        <div><p class="kind"><a href="/setup">Object Manager</a></p><h1>${object.label}: Fields &amp; Relationships</h1></div>
        <div class="actions">
          <a class="button" href="/ui/objects/${object.name}">Records</a>
          <a class="button main" href="/setup/objects/${object.name}/fields/new">New</a>
        </div>
      </div>
      <div class="scroll">
        <table>
          <thead><tr><th>Field Label</th><th>Field Name</th><th>Data Type</th><th></th></tr></thead>
          <tbody>
            ${object.fields.map(
              (field) => html`<tr>
                <td>${field.label}</td>
                <td>${field.name}</td>
                <td>${field.type}${field.length > 0 ? `(${field.length})` : ''}${field.referenceTo.length > 0 ? ` → ${field.referenceTo.slice(0, 5).join(', ')}` : ''}</td>
                <td>${[field.unique ? 'unique' : '', field.externalId ? 'external ID' : '', field.required ? 'required' : '', field.calculated ? 'formula' : ''].filter((word) => word !== '').map((word) => html`<span class="tag">${word}</span> `)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`,
  });
}

/** Types a person can define with what the form asks. */
const TYPES = MetadataType.options.filter((type) => type !== 'MasterDetail' && type !== 'Location');

export function fieldForm(visit: Visit): void {
  sendFieldForm(visit, objectOf(visit), {}, undefined);
}

function sendFieldForm(
  { response, username, csrf }: Visit,
  object: ObjectDef,
  form: Readonly<Record<string, string>>,
  problem: string | undefined,
): void {
  const value = (name: string, fallback = ''): string => form[name] ?? fallback;
  const type = value('type', 'Text');
  const tick = (name: string): string => (form[name] === 'true' ? 'checked' : '');
  sendPage(response, {
    title: 'New Custom Field',
    username,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      <div class="head"><div><p class="kind"><a href="/setup/objects/${object.name}">${object.label}</a></p><h1>New Custom Field</h1></div></div>
      ${problem === undefined ? '' : html`<p class="error" role="alert">${problem}</p>`}
      <form class="fields" method="post" action="/setup/objects/${object.name}/fields/new">
        <input type="hidden" name="csrf" value="${csrf}" />
        <label>Field Label *<input name="label" value="${value('label')}" required /></label>
        <label>Field Name *<input name="name" value="${value('name')}" placeholder="External_Contact_Id" pattern="[A-Za-z][A-Za-z0-9_]*" required /></label>
        <label>Data Type<select name="type">${TYPES.map((option) => html`<option ${option === type ? 'selected' : ''}>${option}</option>`)}</select></label>
        <label>Length (texts)<input type="number" name="length" value="${value('length', '32')}" min="1" /></label>
        <label>Digits (numbers)<input type="number" name="precision" value="${value('precision', '18')}" min="1" max="18" /></label>
        <label>Decimal places (numbers)<input type="number" name="scale" value="${value('scale', '0')}" min="0" max="17" /></label>
        <label>Related to (lookups)<input name="referenceTo" value="${value('referenceTo')}" placeholder="Account" /></label>
        <label class="wide">Values (picklists), one a line<textarea name="values">${value('values')}</textarea></label>
        <label><input type="checkbox" name="required" value="true" ${tick('required')} /> Required</label>
        <label><input type="checkbox" name="unique" value="true" ${tick('unique')} /> Unique</label>
        <label><input type="checkbox" name="externalId" value="true" ${tick('externalId')} /> External ID</label>
        <div class="wide actions"><button class="main">Save</button><a class="button" href="/setup/objects/${object.name}">Cancel</a></div>
      </form>
    </div>`,
  });
}

const SIZED = new Set(['Text', 'EncryptedText', 'LongTextArea', 'Html']);
const NUMERIC = new Set(['Number', 'Currency', 'Percent']);

export async function addField(visit: Visit): Promise<void> {
  const { org, form, response } = visit;
  const object = objectOf(visit);
  const { label = '', name = '', type = 'Text', referenceTo = '', values = '' } = form;
  const lines = values
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const picklist = {
    valueSet: {
      restricted: true,
      valueSetDefinition: { value: lines.map((fullName) => ({ fullName, label: fullName })) },
    },
  };
  const metadata = {
    label,
    type,
    ...(SIZED.has(type) ? { length: form['length'] } : {}),
    ...(NUMERIC.has(type) ? { precision: form['precision'], scale: form['scale'] } : {}),
    ...(type === 'Lookup'
      ? {
          referenceTo,
          relationshipName: `${object.labelPlural.replaceAll(/\W/g, '')}_${name.replace(/__c$/, '')}`,
        }
      : {}),
    ...(type.includes('Picklist') ? picklist : {}),
    required: form['required'] === 'true',
    unique: form['unique'] === 'true',
    externalId: form['externalId'] === 'true',
  };
  try {
    await addCustomField(org, `${object.name}.${name.replace(/__c$/, '')}__c`, metadata);
    response.redirect(`/setup/objects/${object.name}`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    sendFieldForm(visit, object, form, error.message);
  }
}
