import { z } from 'zod';

import { CORPORATE_CURRENCY, CURRENCY_FIELD } from '../schema/currencies.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { good } from './checks.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/** In an org with several currencies a new record's amounts are in its maker's, unless it is said what they are in. */
export async function fillInCurrencies(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  if (dml.schema.findField(object, CURRENCY_FIELD) === undefined) return;
  const silent = good(drafts).filter(({ values }) => (values[CURRENCY_FIELD] ?? null) === null);
  if (object.name === 'User')
    for (const { values } of good(drafts)) values['DefaultCurrencyIsoCode'] ??= CORPORATE_CURRENCY;
  if (silent.length === 0) return;
  const { rows } = await dml.client.query(READ_CURRENCY, [dml.userId]);
  const [own] = z.array(z.object({ code: z.string().nullable() })).parse(rows);
  for (const { values } of silent) values[CURRENCY_FIELD] = own?.code ?? CORPORATE_CURRENCY;
}

const READ_CURRENCY = `/* readCurrency */
select defaultcurrencyisocode as code from org."user" where id = $1`;
