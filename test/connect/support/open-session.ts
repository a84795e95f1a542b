import { silentLog } from '../../../src/kit/log.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import type { Grant, RenewedTokens } from '../../../connect/registry.ts';
import { Salesforce, type OpenOrg } from '../../../connect/salesforce/salesforce.ts';
import type { MappingPlan } from '../../../connect/core/plan.ts';
import { ACCESS_TOKEN, type FakeOrg } from './fake-org.ts';

export interface OpenSession extends AsyncDisposable {
  readonly salesforce: Salesforce;
  readonly open: OpenOrg;
  /** What was kept, in order. */
  readonly renewed: readonly RenewedTokens[];
}

export const USER_ID = '005000000000001AAA';

/** A session with an org, its tokens kept in a list. */
export function openSession(org: FakeOrg, grant: Partial<Grant> = {}): OpenSession {
  const renewed: RenewedTokens[] = [];
  const salesforce = new Salesforce({
    app: {
      clientId: 'client',
      clientSecret: 'canary-client-secret',
      callbackUrl: 'http://localhost:5055/oauth/salesforce/callback',
      privateKey: undefined,
    },
    namedHosts: [org.host],
    grants: {
      renew: async (_id, tokens) => {
        renewed.push(tokens);
      },
    },
    clock: systemClock,
    log: silentLog,
  });
  const open = salesforce.open({
    connectionId: '3f1d6f0a-0f5e-4a53-8f43-2a5a5f0b7a10',
    kind: 'refresh_token',
    environment: 'production',
    loginUrl: org.url,
    instanceUrl: org.url,
    organizationId: '00D000000000001AAA',
    userId: USER_ID,
    username: 'admin@example.com',
    refreshToken: 'canary-refresh-token',
    accessToken: ACCESS_TOKEN,
    authorizedAt: new Date(0),
    ...grant,
  });
  return {
    salesforce,
    open,
    renewed,
    [Symbol.asyncDispose]: () => salesforce[Symbol.asyncDispose](),
  };
}

export function contactPlan(changes: Partial<MappingPlan> = {}): MappingPlan {
  const field = (name: string, kind: 'text' | 'datetime' | 'boolean') => ({
    name,
    column: name.toLowerCase(),
    kind,
    createable: true,
    updateable: true,
  });
  return {
    id: '7d5b3e1c-8a30-4ff4-b2c6-06f2d7a5f001',
    connection: '3f1d6f0a-0f5e-4a53-8f43-2a5a5f0b7a10',
    object: 'Contact',
    schema: 'salesforce',
    table: 'contact',
    access: 'read_write',
    writes: 'ordered',
    conflict: 'salesforce',
    externalId: { field: 'Key__c', column: 'key__c' },
    stampField: 'SystemModstamp',
    hasIsDeleted: true,
    fields: [
      field('Key__c', 'text'),
      field('LastName', 'text'),
      field('SystemModstamp', 'datetime'),
      {
        ...field('Account.Key__c', 'text'),
        column: 'account__key__c',
        parent: {
          relationship: 'Account',
          object: 'Account',
          externalIdField: 'Key__c',
          table: null,
          externalIdColumn: null,
        },
      },
    ],
    ...changes,
  };
}
