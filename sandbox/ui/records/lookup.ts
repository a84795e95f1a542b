import { quoteSoql } from '../../soap/quote-soql.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { LOOKUP_CHOICES } from '../limits.ts';
import { likeWords, nameOf, select } from '../select.ts';
import { asText } from '../values.ts';
import { asked, type Visit } from '../visit.ts';

interface Choice {
  readonly id: string;
  readonly name: string;
  /** What tells it from others of its name. */
  readonly about: string;
}

/** What a reference may be given, whose name holds the words; for the script of the lookup. */
export async function lookupChoices(visit: Visit): Promise<void> {
  const schema = visit.org.schema();
  const object = schema.findObject(String(visit.request.params['object']));
  const field =
    object === undefined
      ? undefined
      : schema.findField(object, String(visit.request.params['field']));
  if (field === undefined || field.type !== 'reference')
    throw new SalesforceError('NOT_FOUND', 'There is no such lookup in this org.');
  const words = asked(visit, 'q');
  const found = await search(visit, field, (name) =>
    words === '' ? '' : `WHERE ${name} LIKE ${likeWords(words)}`,
  );
  visit.response.json(found);
}

/** The records that have exactly this name. */
export async function findNamed(
  visit: Visit,
  field: FieldDef,
  name: string,
): Promise<readonly Choice[]> {
  return search(visit, field, (nameField) => `WHERE ${nameField} = ${quoteSoql(name)}`);
}

async function search(
  visit: Visit,
  field: FieldDef,
  where: (nameField: string) => string,
): Promise<readonly Choice[]> {
  const schema = visit.org.schema();
  const choices: Choice[] = [];
  for (const target of field.referenceTo) {
    const object = schema.findObject(target);
    const name = object === undefined ? undefined : schema.findNameField(object);
    if (object === undefined || object.isView || name === undefined || !name.filterable) continue;
    if (!object.flags.queryable) continue;
    const telling = aboutField(object);
    const soql = `SELECT Id, ${name.name}${telling === undefined ? '' : `, ${telling.name}`} FROM ${object.name} ${where(name.name)} ORDER BY Id DESC LIMIT ${LOOKUP_CHOICES}`;
    for (const row of await select(visit, soql)) {
      const about = telling === undefined ? '' : asText(row[telling.name]);
      const kind = field.referenceTo.length > 1 ? object.label : '';
      choices.push({
        id: asText(row['Id']),
        name: nameOf(visit, object, row),
        about: [kind, about].filter((text) => text !== '').join(' · '),
      });
    }
  }
  return choices.slice(0, LOOKUP_CHOICES);
}

const TELLING = ['Email', 'Username', 'BillingCity', 'Company', 'Type', 'SobjectType'];

function aboutField(object: ObjectDef): FieldDef | undefined {
  return TELLING.map((wanted) => object.fields.find(({ name }) => name === wanted)).find(
    (field) => field !== undefined && field.column !== null,
  );
}
