import { inTransaction } from '../../../src/kit/transaction.ts';
import { applyPart, removePart } from '../../metadata/parts.ts';
import { html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import { readDefinitions } from '../../schema/custom-store.ts';
import { findPart, partsOf, type PartOf } from '../../schema/part.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { sendPage } from '../page.ts';
import {
  checkField,
  crumbs,
  fieldFrame,
  heading,
  hiddenInput,
  postButton,
  problemNote,
  selectField,
  table,
  tag,
  textField,
} from '../parts.ts';
import { shownLabel } from '../values.ts';
import type { Visit } from '../visit.ts';
import { getObject, mayCustomize, objectHead } from './object.ts';

type Rule = PartOf<'ValidationRule'>;

export async function validationRules(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const { parts } = await inTransaction(visit.org.pool, readDefinitions);
  const rules = partsOf(parts, 'ValidationRule').filter(({ fullName }) =>
    fullName.toLowerCase().startsWith(`${object.name.toLowerCase()}.`),
  );
  const base = `/setup/objects/${object.name}/validation-rules`;
  const may = mayCustomize(visit);
  sendPage(visit, {
    title: `${object.label}: Validation Rules`,
    body: html`<div class="card">
      ${objectHead(object, '/validation-rules', may ? [html`<a class="button main" href="${base}/new">New rule</a>`] : [])}
      ${table({
        id: 'rules',
        heads: [
          'Rule Name',
          'Refused when',
          'Error message',
          'At',
          'Active',
          ...(may ? ['Change'] : []),
        ],
        rows: rules.map((rule) => [
          may ? html`<a href="${base}/${nameOf(rule)}">${nameOf(rule)}</a>` : nameOf(rule),
          html`<span class="code">${rule.definition.errorConditionFormula}</span>`,
          rule.definition.errorMessage,
          rule.definition.errorDisplayField ?? 'top of page',
          rule.definition.active ? tag('active', 'good') : tag('inactive'),
          ...(may
            ? [
                postButton({
                  action: `${base}/${nameOf(rule)}/delete`,
                  csrf: visit.csrf,
                  label: 'Delete',
                  confirm: `Delete the rule ${nameOf(rule)}?`,
                  style: 'small danger',
                }),
              ]
            : []),
        ]),
        empty: 'No rule yet: records of this object are refused by nothing of yours.',
      })}
    </div>`,
  });
}

function nameOf({ fullName }: Rule): string {
  return fullName.split('.')[1] ?? '';
}

interface RuleForm {
  readonly object: ObjectDef;
  readonly existing: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly problem?: string;
}

function sendForm(visit: Visit, { object, existing, values, problem }: RuleForm): void {
  const base = `/setup/objects/${object.name}/validation-rules`;
  const fields = object.fields.filter(({ createable, updateable }) => createable || updateable);
  const title = existing === undefined ? 'New Validation Rule' : `Edit ${existing}`;
  sendPage(visit, {
    title,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(title, crumbs(['/setup', 'Object Manager'], [base, `${object.label}: Validation Rules`]))}
      ${problem === undefined ? '' : problemNote({ general: [problem], fields: {} }, {})}
      <form class="fields" method="post" action="${base}/${existing ?? 'new'}">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="grid">
          ${existing === undefined ? textField({ name: 'name', label: 'Rule name', required: true, value: values['name'] ?? '', more: html`required maxlength="40" pattern="[A-Za-z][A-Za-z0-9_]*"` }) : ''}
          ${checkField({ name: 'active', label: 'Active', checked: values['active'] !== 'false', help: undefined })}
          ${fieldFrame(
            {
              name: 'formula',
              label: 'Error condition formula',
              required: true,
              wide: true,
              help: 'A record is refused when this is true, such as AND(ISBLANK(Email), ISBLANK(Phone)).',
            },
            (attributes) =>
              html`<textarea ${attributes} class="code" required spellcheck="false">${values['formula'] ?? ''}</textarea>`,
          )}
          ${textField({ name: 'message', label: 'Error message', required: true, value: values['message'] ?? '', more: html`required maxlength="255"` })}
          ${selectField({ name: 'field', label: 'Shown at', value: values['field'] ?? '', options: [['', 'the top of the page'], ...fields.map((field) => [field.name, shownLabel(field)] as const)] })}
        </div>
        <div class="buttons"><button class="main">Save</button><a class="button" href="${base}">Cancel</a></div>
      </form>
    </div>`,
  });
}

export function newRuleForm(visit: Visit): void {
  sendForm(visit, { object: getObject(visit), existing: undefined, values: {} });
}

export async function ruleForm(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const existing = String(visit.request.params['rule']);
  const { parts } = await inTransaction(visit.org.pool, readDefinitions);
  const rule = findPart(parts, 'ValidationRule', `${object.name}.${existing}`);
  if (rule === undefined)
    throw new SalesforceError('NOT_FOUND', `${object.label} has no rule ${existing}.`);
  const { active, errorConditionFormula, errorMessage, errorDisplayField } = rule.definition;
  const values = {
    active: String(active),
    formula: errorConditionFormula,
    message: errorMessage,
    field: errorDisplayField ?? '',
  };
  sendForm(visit, { object, existing, values });
}

export async function saveRule(visit: Visit): Promise<void> {
  const { org, form, request, response } = visit;
  const object = getObject(visit);
  const { rule } = request.params;
  const existing = typeof rule === 'string' ? rule : undefined;
  const { name = '', formula = '', message = '', field = '', active = 'false' } = form;
  try {
    await changeSchema(org.whole, (draft, schema) =>
      applyPart(draft, schema, {
        type: 'ValidationRule',
        fullName: `${object.name}.${existing ?? name}`,
        metadata: {
          active: active === 'true',
          errorConditionFormula: formula,
          errorMessage: message,
          ...(field === '' ? {} : { errorDisplayField: field }),
        },
        mode: existing === undefined ? 'create' : 'update',
      }),
    );
    response.redirect(`/setup/objects/${object.name}/validation-rules`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    sendForm(visit, { object, existing, values: { ...form, active }, problem: error.message });
  }
}

export async function deleteRule(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const name = String(visit.request.params['rule']);
  await changeSchema(visit.org.whole, (draft) => {
    removePart(draft, 'ValidationRule', `${object.name}.${name}`);
  });
  visit.response.redirect(`/setup/objects/${object.name}/validation-rules`);
}
