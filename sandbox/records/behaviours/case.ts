import { z } from 'zod';

import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

const CLOSED = 'Closed';

/** A case belongs to its contact's account, and remembers when it was closed. */
export const CASE_BEHAVIOUR: Behaviour = {
  reads: ['Status', 'ClosedDate'],
  async beforeCreate(dml, drafts) {
    await takeAccounts(dml, drafts);
    for (const { values } of drafts) {
      if (values['Status'] === CLOSED) values['ClosedDate'] = dml.stamp.toISOString();
    }
  },
  async beforeUpdate(dml, drafts, before) {
    for (const { id, values } of drafts) {
      const status = values['Status'];
      if (status === undefined || status === before.get(id ?? '')?.['Status']) continue;
      values['ClosedDate'] = status === CLOSED ? dml.stamp.toISOString() : null;
    }
  },
};

const ContactRow = z.object({ id: z.string(), account: z.string().nullable() });

async function takeAccounts(dml: Dml, drafts: readonly Draft[]): Promise<void> {
  const orphans = drafts.filter(
    ({ values }) =>
      typeof values['ContactId'] === 'string' && (values['AccountId'] ?? null) === null,
  );
  if (orphans.length === 0) return;
  const { rows } = await dml.client.query(READ_ACCOUNTS, [
    orphans.map(({ values }) => values['ContactId']),
  ]);
  const accounts = new Map(
    z
      .array(ContactRow)
      .parse(rows)
      .map(({ id, account }) => [id, account]),
  );
  for (const { values } of orphans) {
    const account = accounts.get(String(values['ContactId']));
    if (typeof account === 'string') values['AccountId'] = account;
  }
}

const READ_ACCOUNTS = `/* readAccounts */
select id, accountid as account from org.contact where id = any($1::text[])`;
