import { SYSTEM, type FieldOptions } from '../define.ts';

type Filter = readonly [field: string, operator: string, value: string];

/** A number a campaign shows of its members. */
export function members(...filters: readonly Filter[]): FieldOptions {
  return sum('CampaignMember', null, filters);
}

/** A number, or the sum of a field, of the opportunities that a campaign is the primary source of. */
export function opportunities(field: string | null, ...filters: readonly Filter[]): FieldOptions {
  return sum('Opportunity', field, filters);
}

function sum(child: string, field: string | null, filters: readonly Filter[]): FieldOptions {
  return {
    ...SYSTEM,
    summary: {
      operation: field === null ? 'count' : 'sum',
      child,
      reference: 'CampaignId',
      field,
      filters: filters.map(([name, operator, value]) => ({ field: name, operator, value })),
    },
  };
}
