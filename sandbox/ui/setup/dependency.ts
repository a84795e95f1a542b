import { applyField } from '../../metadata/objects.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import type { CustomField } from '../../schema/custom-definition.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, hiddenInput, selectField } from '../parts.ts';
import { asked, type Visit } from '../visit.ts';
import { getCustomField } from './fields.ts';

/** A value of the controlling field and one of the dependent field in one name: `v.0.2`, by their places. */
const cellName = (row: number, column: number): string => `v.${row}.${column}`;

/** Which values of a picklist go with which value of another field: first that field, then a table of both. */
export async function dependencyPage(visit: Visit, problem?: string): Promise<void> {
  const { object, definition } = await getCustomField(visit);
  const by = asked(visit, 'by') || (definition.valueSet?.controllingField ?? '');
  const controller = controllersOf(object, definition).find(({ name }) => name === by);
  const base = `/setup/objects/${object.name}/fields/${definition.fullName}`;
  sendPage(visit, {
    title: `${definition.label}: Field Dependency`,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading('Field Dependency', crumbs([`/setup/objects/${object.name}`, object.label], [base, definition.label]))}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <form class="toolbar" method="get" action="${base}/dependency">
        ${selectField({ name: 'by', label: 'Controlling field', value: controller?.name ?? '', options: controllersOf(object, definition).map(({ name, label }) => [name, label]) })}
        <button>Show</button>
      </form>
      ${controller === undefined ? html`<p class="muted">${definition.label} depends on nothing yet.</p>` : matrix(visit, { object, definition, controller })}
    </div>`,
  });
}

/** Picklists and checkboxes can control. */
function controllersOf(object: ObjectDef, { fullName }: CustomField): readonly FieldDef[] {
  return object.fields.filter(
    ({ name, type }) => (type === 'picklist' || type === 'boolean') && name !== fullName,
  );
}

function controllingValues({ type, picklistValues }: FieldDef): readonly string[] {
  return type === 'boolean' ? ['unchecked', 'checked'] : picklistValues.map(({ value }) => value);
}

interface Dependency {
  readonly object: ObjectDef;
  readonly definition: CustomField;
  readonly controller: FieldDef;
}

function dependentValues({
  object,
  definition,
}: Omit<Dependency, 'controller'>): readonly string[] {
  const field = object.fields.find(({ name }) => name === definition.fullName);
  return field?.picklistValues.map(({ value }) => value) ?? [];
}

function matrix(visit: Visit, { object, definition, controller }: Dependency): Html {
  const values = dependentValues({ object, definition });
  const columns = controllingValues(controller);
  const settings = definition.valueSet?.valueSettings ?? [];
  const isSet = (value: string, by: string): boolean =>
    definition.valueSet?.controllingField === controller.name &&
    settings.some(
      ({ valueName, controllingFieldValue }) =>
        valueName === value && controllingFieldValue.includes(by),
    );
  const cell = (value: string, row: number, by: string, column: number): Html =>
    html`<td><input type="checkbox" name="${cellName(row, column)}" value="true" aria-label="${value} with ${by}"${isSet(value, by) ? html` checked` : ''} /></td>`;
  return html`<form method="post" action="/setup/objects/${object.name}/fields/${definition.fullName}/dependency">
    ${hiddenInput('csrf', visit.csrf)}${hiddenInput('by', controller.name)}
    <div class="scroll"><table>
      <caption>Ticked: the value may be chosen when ${controller.label} says what stands above.</caption>
      <thead><tr><th scope="col">${definition.label}</th>${columns.map((by) => html`<th scope="col">${by}</th>`)}</tr></thead>
      <tbody>${values.map((value, row) => html`<tr><th scope="row">${value}</th>${columns.map((by, column) => cell(value, row, by, column))}</tr>`)}</tbody>
    </table></div>
    <div class="buttons"><button class="main" name="do" value="save">Save</button><button name="do" value="remove">Remove the dependency</button></div>
  </form>`;
}

export async function saveDependency(visit: Visit): Promise<void> {
  const { form, org, response } = visit;
  const { object, definition } = await getCustomField(visit);
  const controller = controllersOf(object, definition).find(({ name }) => name === form['by']);
  if (controller === undefined)
    throw new SalesforceError('INVALID_INPUT', `${form['by'] ?? ''} cannot control a picklist.`);
  const columns = controllingValues(controller);
  const settings = dependentValues({ object, definition }).flatMap((valueName, row) => {
    const controllingFieldValue = columns.filter(
      (_, column) => form[cellName(row, column)] === 'true',
    );
    return controllingFieldValue.length === 0 ? [] : [{ valueName, controllingFieldValue }];
  });
  const dependency =
    form['do'] === 'remove'
      ? { controllingField: undefined, valueSettings: undefined }
      : { controllingField: controller.name, valueSettings: settings };
  try {
    await changeSchema(org.whole, (draft, schema) =>
      applyField(draft, schema, {
        fullName: `${object.name}.${definition.fullName}`,
        metadata: { ...definition, valueSet: { ...definition.valueSet, ...dependency } },
        mode: 'update',
      }),
    );
    response.redirect(`/setup/objects/${object.name}/fields/${definition.fullName}`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await dependencyPage(visit, error.message);
  }
}
