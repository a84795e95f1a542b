import { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { findId18 } from '../../store/record-id.ts';
import { nameOf, select, selectionOf, type Row } from '../select.ts';
import type { Visit } from '../visit.ts';

export interface ShownRecord {
  readonly object: ObjectDef;
  readonly row: Row;
  readonly id: string;
  readonly name: string;
  readonly deleted: boolean;
}

/** What a page's path names, with these of its fields; or all but files. */
export async function getRecord(
  visit: Visit,
  fieldsOf: (object: ObjectDef) => readonly FieldDef[] = ({ fields }) => fields,
): Promise<ShownRecord> {
  const id = findId18(String(visit.request.params['id'])) ?? '';
  const object = visit.org.schema().findObjectOfId(id);
  if (object === undefined || object.isView || !object.flags.queryable) throw notThere();
  const always = object.fields.filter(({ name, nameField }) => nameField || name === 'IsDeleted');
  const fields = [...new Set([...always, ...fieldsOf(object)])];
  const soql = `SELECT ${selectionOf(visit, fields)} FROM ${object.name} WHERE Id = ${quoteSoql(id)}`;
  const [row] = await select(visit, soql, { deleted: true });
  if (row === undefined) throw notThere();
  return { object, row, id, name: nameOf(visit, object, row), deleted: row['IsDeleted'] === true };
}

/** What nobody, or this person, may do with records of an object is refused before a form invites to it. */
export function assertMay({ flags, label }: ObjectDef, what: 'create' | 'edit' | 'delete'): void {
  const may = { create: flags.createable, edit: flags.updateable, delete: flags.deletable }[what];
  if (may) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    `Insufficient Privileges. You may not ${what} records of ${label}.`,
  );
}

function notThere(): SalesforceError {
  return new SalesforceError(
    'NOT_FOUND',
    'There is no such record, or you may not see it. It may have been deleted for good.',
  );
}
