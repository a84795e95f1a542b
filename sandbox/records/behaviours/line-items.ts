import { SalesforceError } from '../../salesforce-error.ts';
import type { Behaviour } from '../behaviours.ts';
import type { StoredValue } from '../coerce.ts';
import type { Draft } from '../draft.ts';
import { cents, takePrices } from './item-prices.ts';

type Values = Record<string, StoredValue>;

/** A product sold with an opportunity, at a price of the opportunity's price book. */
export const LINE_ITEM_BEHAVIOUR: Behaviour = {
  reads: ['Quantity', 'UnitPrice', 'TotalPrice', 'Discount'],
  async beforeCreate(dml, drafts) {
    await takePrices(dml, drafts, {
      parent: 'Opportunity',
      reference: 'OpportunityId',
      noun: 'opportunity',
    });
    for (const draft of drafts) {
      if (draft.error !== undefined) continue;
      const { values } = draft;
      const unit = values['UnitPrice'] ?? null;
      const total = values['TotalPrice'] ?? null;
      if (unit !== null && total !== null) draft.error = bothPrices('create');
      else if (unit === null && total === null) draft.error = noPrice();
      else computePrices(draft, values, unit === null);
    }
  },
  async beforeUpdate(_dml, drafts, before) {
    await Promise.resolve();
    for (const draft of drafts) {
      const old = before.get(draft.id ?? '') ?? {};
      const { values } = draft;
      const changes = (name: string): boolean =>
        values[name] !== undefined && values[name] !== old[name];
      if (!['UnitPrice', 'TotalPrice', 'Quantity', 'Discount'].some(changes)) continue;
      if (changes('UnitPrice') && changes('TotalPrice')) draft.error = bothPrices('update');
      else computePrices(draft, { ...numbersOf(old), ...values }, changes('TotalPrice'));
    }
  },
};

const PRICES = ['Quantity', 'UnitPrice', 'TotalPrice', 'Discount'] as const;

function numbersOf(record: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(
    PRICES.flatMap((name) => {
      const value = record[name];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

/** Total = price × quantity less discount: the one that was not given follows. */
function computePrices(draft: Draft, all: Values, fromTotal: boolean): void {
  const quantity = Number(all['Quantity'] ?? 0);
  const factor = quantity * (1 - Number(all['Discount'] ?? 0) / 100);
  if (quantity === 0) {
    if (typeof all['Quantity'] === 'number')
      draft.error = new SalesforceError(
        'FIELD_INTEGRITY_EXCEPTION',
        'field integrity exception: Quantity (quantity must be nonzero)',
        { fields: ['Quantity'] },
      );
    return;
  }
  if (fromTotal)
    draft.values['UnitPrice'] = factor === 0 ? 0 : cents(Number(all['TotalPrice']) / factor);
  else draft.values['TotalPrice'] = cents(Number(all['UnitPrice'] ?? 0) * factor);
}

function bothPrices(call: 'create' | 'update'): SalesforceError {
  const verb = call === 'create' ? 'specify' : 'change';
  return new SalesforceError(
    'INVALID_FIELD',
    `Cannot ${verb} both 'UnitPrice' and 'TotalPrice' in ${call} call`,
    { fields: ['UnitPrice'] },
  );
}

function noPrice(): SalesforceError {
  return new SalesforceError(
    'REQUIRED_FIELD_MISSING',
    'Required fields are missing: [TotalPrice]',
    { fields: ['TotalPrice'] },
  );
}
