import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { twinsOf, type Twin } from '../../schema/person-accounts.ts';
import type { ObjectDef, Schema } from '../../schema/schema.ts';
import type { StoredRecord } from '../../store/rows.ts';
import type { Behaviour } from '../behaviours.ts';
import type { StoredValue } from '../coerce.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

type Values = Readonly<Record<string, unknown>>;

interface Pair {
  readonly account: ObjectDef;
  readonly twins: readonly Twin[];
}

/** Undefined in an org without person accounts. */
function pairOf(schema: Schema): Pair | undefined {
  const account = schema.findObject('Account');
  const contact = schema.findObject('Contact');
  if (account === undefined || contact === undefined) return undefined;
  if (schema.findField(account, 'IsPersonAccount') === undefined) return undefined;
  return { account, twins: twinsOf(account, contact) };
}

/** An account of a person's record type has a contact of its own, made, changed and deleted with it. */
export const ACCOUNT_BEHAVIOUR: Behaviour = {
  reads: ['RecordTypeId', 'FirstName', 'LastName', 'IsPersonAccount', 'PersonContactId'],
  async beforeCreate(dml, drafts) {
    const pair = pairOf(dml.schema);
    if (pair === undefined) return;
    for (const draft of drafts) {
      const person = isPersonType(pair, draft.values['RecordTypeId']);
      draft.values['IsPersonAccount'] = person;
      checkNames(pair, draft, { person, name: draft.values['Name'], values: draft.values });
    }
  },
  async afterCreate(dml, drafts, createRows) {
    const pair = pairOf(dml.schema);
    const persons = drafts.filter(({ values }) => values['IsPersonAccount'] === true);
    if (pair === undefined || persons.length === 0) return;
    const contacts = await createRows(
      dml,
      'Contact',
      persons.map(({ id, values }): StoredRecord => ({
        ...toContact(pair, values),
        AccountId: id,
        OwnerId: values['OwnerId'] ?? dml.userId,
        IsPersonAccount: true,
      })),
    );
    await dml.client.query(LINK_CONTACTS, [persons.map(({ id }) => id), contacts]);
    await dml.client.query(TELL_CONTACTS, [
      persons.map(({ id }) => id),
      contacts,
      dml.transactionKey,
    ]);
  },
  async beforeUpdate(dml, drafts, before) {
    const pair = pairOf(dml.schema);
    if (pair === undefined) return;
    for (const draft of drafts) {
      const old = before.get(draft.id ?? '') ?? {};
      const person = old['IsPersonAccount'] === true;
      const { values } = draft;
      const type = values['RecordTypeId'];
      if (type !== undefined && isPersonType(pair, type) !== person) {
        draft.error = new SalesforceError(
          'INVALID_CROSS_REFERENCE_KEY',
          'Cannot change a business account to a person account, or a person account to a business account, by its record type',
          { fields: ['RecordTypeId'] },
        );
      } else
        checkNames(pair, draft, { person, name: values['Name'], values: { ...old, ...values } });
    }
  },
  async afterUpdate(dml, drafts, before) {
    const pair = pairOf(dml.schema);
    if (pair === undefined) return;
    await mirror(dml, {
      drafts,
      object: 'Contact',
      twinId: (id) => before.get(id)?.['PersonContactId'],
      values: (values) => toContact(pair, values),
    });
  },
};

/** The contact of a person account may be changed, and the account follows; it is deleted with the account alone. */
export const CONTACT_BEHAVIOUR: Behaviour = {
  reads: ['IsPersonAccount', 'AccountId'],
  async afterUpdate(dml, drafts, before) {
    const pair = pairOf(dml.schema);
    if (pair === undefined) return;
    await mirror(dml, {
      drafts,
      object: 'Account',
      twinId: (id) =>
        before.get(id)?.['IsPersonAccount'] === true ? before.get(id)?.['AccountId'] : undefined,
      values: (values) => toAccount(pair, values),
    });
  },
  async beforeDelete(dml, ids) {
    if (pairOf(dml.schema) === undefined) return;
    const { rowCount } = await dml.client.query(FIND_PERSONS, [ids]);
    if (rowCount === 0) return;
    throw new SalesforceError(
      'DELETE_FAILED',
      'The contact of a person account cannot be deleted: delete the account',
      { fields: [] },
    );
  },
};

const LINK_CONTACTS = `/* linkContacts */
update org.account set personcontactid = pair.contact
  from unnest($1::text[], $2::text[]) as pair(account, contact)
 where account.id = pair.account`;

/** The account was told of before its contact was there. */
const TELL_CONTACTS = `/* tellContacts */
update change_journal set record = record || jsonb_build_object('PersonContactId', pair.contact)
  from unnest($1::text[], $2::text[]) as pair(account, contact)
 where change_journal.transaction_key = $3 and entity = 'Account' and record_id = pair.account`;

const FIND_PERSONS = `/* findPersons */
select from org.contact where id = any($1::text[]) and ispersonaccount`;

function isPersonType({ account }: Pair, id: unknown): boolean {
  return account.recordTypes.some((type) => type.id === id && type.isPerson);
}

/** A person has first and last name, of which the account's is made; a business has a name and nothing of a person. */
function checkNames(
  { twins }: Pair,
  draft: Draft,
  {
    person,
    name,
    values,
  }: { readonly person: boolean; readonly name: unknown; readonly values: Values },
): void {
  const wrong = person
    ? name === undefined || draft.mirrored === true
      ? []
      : ['Name']
    : twins.map(({ account }) => account).filter((field) => isGiven(draft.values[field]));
  const missing = person ? 'LastName' : 'Name';
  // A new record's values are all there is; an update's are laid over what was.
  if (wrong.length > 0) {
    draft.error = new SalesforceError(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Account: bad field names on insert/update call: ${wrong.join(', ')}`,
      { fields: wrong },
    );
  } else if (values === draft.values ? isEmpty(values[missing]) : draft.values[missing] === null) {
    draft.error = new SalesforceError(
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${missing}]`,
      { fields: [missing] },
    );
  } else if (person && (draft.values['LastName'] ?? draft.values['FirstName']) !== undefined) {
    draft.values['Name'] = [values['FirstName'], values['LastName']]
      .filter((part) => typeof part === 'string')
      .join(' ');
  }
}

function isGiven(value: StoredValue | undefined): boolean {
  return !isEmpty(value) && value !== false;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null;
}

function toContact({ twins }: Pair, values: StoredRecord): StoredRecord {
  return Object.fromEntries(
    twins.flatMap(({ account, contact }) => {
      const value = values[account];
      return value === undefined ? [] : [[contact, value]];
    }),
  );
}

function toAccount({ twins }: Pair, values: StoredRecord): StoredRecord {
  return Object.fromEntries(
    twins.flatMap(({ account, contact }) => {
      const value = values[contact];
      return value === undefined ? [] : [[account, value]];
    }),
  );
}

interface Mirroring {
  readonly drafts: readonly Draft[];
  readonly object: string;
  readonly twinId: (id: string) => unknown;
  readonly values: (values: StoredRecord) => StoredRecord;
}

/** Writes to the twins what was written to the drafts, but to those that are written for their twin's sake. */
async function mirror(dml: Dml, { drafts, object, twinId, values }: Mirroring): Promise<void> {
  const records = drafts.flatMap((draft): StoredRecord[] => {
    const id = z.string().safeParse(twinId(present(draft.id, 'id')));
    const changed = values(draft.values);
    if (draft.mirrored === true || !id.success || Object.keys(changed).length === 0) return [];
    return [{ ...changed, Id: id.data }];
  });
  await dml.updateRows(dml, object, records);
}
