import { present } from '../../src/kit/assert.ts';
import type { Org } from '../org.ts';
import type { InputRecord, WriteContext } from '../records/engine.ts';
import { ACCOUNTS, CASES, CONTACTS, LEADS, OPPORTUNITIES } from './developer-edition-records.ts';

/** The records a new Developer Edition shows: a dozen accounts with their contacts, opportunities and cases, and leads. */
export async function seedDeveloperEdition(
  org: Pick<Org, 'records' | 'adminUserId' | 'clock'>,
): Promise<void> {
  const context: WriteContext = {
    session: { userId: org.adminUserId },
    origin: '',
    allOrNone: true,
  };
  const create = async (
    object: string,
    records: readonly InputRecord[],
  ): Promise<readonly string[]> => {
    const results = await org.records.create(context, object, records);
    return results.map(({ id, errors }) => {
      const [error] = errors;
      if (error !== undefined) throw error;
      return present(id, 'id');
    });
  };
  const accountIds = await create(
    'Account',
    ACCOUNTS.map(({ name, ...account }) => ({ Name: name, ...account })),
  );
  const accounts = new Map(
    ACCOUNTS.map(({ name }, index) => [name, present(accountIds[index], name)]),
  );
  const contactIds = await create(
    'Contact',
    CONTACTS.map(({ account, ...contact }) => ({ AccountId: accounts.get(account), ...contact })),
  );
  const contacts = new Map(
    CONTACTS.map(({ LastName }, index) => [LastName, present(contactIds[index], LastName)]),
  );
  await create(
    'Opportunity',
    OPPORTUNITIES.map(({ account, closesInDays, ...opportunity }) => ({
      AccountId: accounts.get(account),
      CloseDate: dayFrom(org.clock.now(), closesInDays),
      ...opportunity,
    })),
  );
  await create(
    'Case',
    CASES.map(({ contact, ...values }) => ({ ContactId: contacts.get(contact), ...values })),
  );
  await create('Lead', LEADS);
}

function dayFrom(now: number, days: number): string {
  return new Date(now + days * 86_400_000).toISOString().slice(0, 10);
}
