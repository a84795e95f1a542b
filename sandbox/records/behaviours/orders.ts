import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';
import { cents, takePrices } from './item-prices.ts';

const ACTIVATED = 'Activated';

/** A product of an order; its total follows price and quantity, and the order's total all of them. */
export const ORDER_ITEM_BEHAVIOUR: Behaviour = {
  reads: ['Quantity', 'UnitPrice', 'OrderId'],
  async beforeCreate(dml, drafts) {
    await takePrices(dml, drafts, { parent: 'Order', reference: 'OrderId', noun: 'order' });
    for (const draft of drafts) {
      if (draft.error !== undefined) continue;
      const { values } = draft;
      values['UnitPrice'] ??= values['ListPrice'] ?? null;
      values['AvailableQuantity'] = values['Quantity'] ?? null;
      values['TotalPrice'] = cents(Number(values['UnitPrice']) * Number(values['Quantity'] ?? 0));
    }
    await refuseActivated(dml, drafts, ({ values }) => values['OrderId']);
  },
  async beforeUpdate(dml, drafts, before) {
    for (const { id, values } of drafts) {
      if (values['Quantity'] === undefined && values['UnitPrice'] === undefined) continue;
      const all = { ...before.get(id ?? ''), ...values };
      values['TotalPrice'] = cents(Number(all['UnitPrice'] ?? 0) * Number(all['Quantity'] ?? 0));
    }
    const priced = drafts.filter(({ values }) => values['TotalPrice'] !== undefined);
    await refuseActivated(dml, priced, ({ id }) => before.get(id ?? '')?.['OrderId']);
  },
};

const ActivatedRow = z.object({ id: z.string() });

async function refuseActivated(
  dml: Dml,
  drafts: readonly Draft[],
  orderOf: (draft: Draft) => unknown,
): Promise<void> {
  if (drafts.length === 0) return;
  const { rows } = await dml.client.query(FIND_ACTIVATED, [drafts.map(orderOf)]);
  const activated = new Set<unknown>(
    z
      .array(ActivatedRow)
      .parse(rows)
      .map(({ id }) => id),
  );
  for (const draft of drafts) {
    if (activated.has(orderOf(draft)))
      draft.error ??= new SalesforceError(
        'FIELD_INTEGRITY_EXCEPTION',
        'The products of an activated order cannot be added, changed or removed: deactivate the order first',
        { fields: ['OrderId'] },
      );
  }
}

const FIND_ACTIVATED = `/* findActivated */
select id from org."order" where id = any($1::text[]) and statuscode = 'Activated'`;

/** An order begins as a draft and is activated once it has products. */
export const ORDER_BEHAVIOUR: Behaviour = {
  reads: ['Status', 'StatusCode'],
  async beforeCreate(_dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) {
      const { values } = draft;
      values['StatusCode'] = values['Status'] === ACTIVATED ? ACTIVATED : 'Draft';
      if (values['Status'] === ACTIVATED)
        draft.error = failedActivation('An order must be a draft when it is created.');
    }
  },
  async beforeUpdate(dml, drafts, before) {
    const moved = drafts.filter(
      ({ id, values }) =>
        values['Status'] !== undefined && values['Status'] !== before.get(id ?? '')?.['Status'],
    );
    if (moved.length === 0) return;
    const { rows } = await dml.client.query(WITH_PRODUCTS, [moved.map(({ id }) => id)]);
    const filled = new Set(
      z
        .array(ActivatedRow)
        .parse(rows)
        .map(({ id }) => id),
    );
    for (const draft of moved) {
      const { id, values } = draft;
      const activates = values['Status'] === ACTIVATED;
      if (activates && !filled.has(id ?? ''))
        draft.error = failedActivation('An order must have at least one product.');
      values['StatusCode'] = activates ? ACTIVATED : 'Draft';
      values['ActivatedDate'] = activates ? dml.stamp.toISOString() : null;
      values['ActivatedById'] = activates ? dml.userId : null;
    }
  },
};

const WITH_PRODUCTS = `/* ordersWithProducts */
select distinct orderid as id from org.orderitem where orderid = any($1::text[]) and not isdeleted`;

function failedActivation(message: string): SalesforceError {
  return new SalesforceError('FAILED_ACTIVATION', message, { fields: [] });
}
