import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { Schema, type ObjectDef } from '../schema/schema.ts';
import type { Condition, Value } from '../soql/ast.ts';
import { parseQuery } from '../soql/parse.ts';
import { storedTable } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';

const OBJECT = 'UserRecordAccess';
/** Salesforce: records of one question. */
const RECORDS_MAX = 200;

/**
 * The schema to compile a statement with. For all but questions about UserRecordAccess it is the org's own; there, what
 * the user named may do with the records named is put in place of the table.
 */
export async function schemaFor(org: Org, text: string): Promise<Schema> {
  const schema = org.schema();
  if (!/\bfrom\s+userrecordaccess\b/i.test(text)) return schema;
  const query = parseQuery(text);
  if (query.from[0]?.path.names[0].text.toLowerCase() !== OBJECT.toLowerCase()) return schema;
  const { userId, records } = asked(query.where);
  const viewed = await org.whole.seenBy({ userId });
  const relation = relationOf(viewed, userId, records);
  return new Schema(
    schema.objects.map((object) => (object.name === OBJECT ? { ...object, relation } : object)),
    schema.hiddenPrefixes,
  );
}

/** One user and up to 200 records must be named. */
function asked(where: Condition | undefined): { userId: string; records: readonly string[] } {
  const terms = where?.kind === 'and' ? where.terms : where === undefined ? [] : [where];
  const named = (field: string): readonly string[] =>
    terms.flatMap((term) =>
      term.kind === 'comparison' &&
      term.left.kind === 'path' &&
      term.left.names.at(-1)?.text.toLowerCase() === field &&
      (term.operator === '=' || term.operator === 'IN')
        ? textsOf(term.right)
        : [],
    );
  const [userId, ...others] = named('userid').flatMap((id) => findId18(id) ?? []);
  const records = named('recordid').flatMap((id) => findId18(id) ?? []);
  if (userId === undefined || others.length > 0 || records.length === 0) {
    throw new SalesforceError(
      'MALFORMED_QUERY',
      'Can only select RecordId, a Has*Access field, and MaxAccessLevel from UserRecordAccess, filtered by one UserId and by RecordId',
    );
  }
  if (records.length > RECORDS_MAX) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot ask for the access to more than ${RECORDS_MAX} records`,
    );
  }
  return { userId, records };
}

function textsOf(value: Value): readonly string[] {
  if (value.kind === 'list') return value.values.flatMap(textsOf);
  return value.kind === 'string' ? [value.value] : [];
}

function relationOf(viewed: Org, userId: string, records: readonly string[]): string {
  const whole = viewed.whole.schema();
  const byObject = new Map<ObjectDef, string[]>();
  for (const id of records) {
    const object = whole.findObjectOfId(id);
    if (object === undefined || object.isView) continue;
    byObject.set(object, [...(byObject.get(object) ?? []), id]);
  }
  const selects = [...byObject].map(([object, ids]) => {
    const visible = viewed.schema().findObject(object.name);
    const may = (flag: 'updateable' | 'deletable', rule: string | undefined): string =>
      visible?.flags[flag] === true ? (rule ?? 'true') : 'false';
    return `select record."id", ${visible === undefined ? 'false' : (visible.rows?.read ?? 'true')} as r, ${may('updateable', visible?.rows?.edit)} as e, ${may('deletable', visible?.rows?.delete)} as d, ${may('updateable', visible?.rows?.transfer)} as t from ${storedTable(object)} as record where record."id" in (${ids.map(quoteLiteral).join(', ')})`;
  });
  const found =
    selects.length === 0
      ? 'select null::text as id, false as r, false as e, false as d, false as t where false'
      : selects.join(' union all ');
  return `select "id", ${quoteLiteral(userId)}::text collate "C" as userid, "id" as recordid, r is true as hasreadaccess, (r and e) is true as haseditaccess, (r and d) is true as hasdeleteaccess, (r and t) is true as hastransferaccess, (r and e and d and t) is true as hasallaccess, case when (r and e and d and t) then 'All' when (r and t and e) then 'Transfer' when (r and d) then 'Delete' when (r and e) then 'Edit' when r then 'Read' else 'None' end as maxaccesslevel, false as isdeleted from (${found}) as judged`;
}
