import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Access, SharingRule } from '../../../sandbox/access/access.ts';
import { rowRules } from '../../../sandbox/access/row-rules.ts';
import type { SharingModel } from '../../../sandbox/schema/sharing-model.ts';
import { present } from '../../../src/kit/assert.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

/** The rules' SQL against a model of Salesforce's sharing that walks roles, groups and shares one by one. */
let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const USERS = 5;
const ROLES = 4;
const GROUPS = 4;
const ACCOUNTS = 8;
const MODELS = ['Private', 'Read', 'ReadWrite'] as const;
const at = (max: number) => fc.integer({ min: 0, max: max - 1 });

/** A member or grantee: a user or a group, by its place. */
const party = fc.oneof(
  fc.record({ kind: fc.constant('user' as const), index: at(USERS) }),
  fc.record({ kind: fc.constant('group' as const), index: at(GROUPS) }),
);

const world = fc.record({
  model: fc.constantFrom(...MODELS),
  /** The role above each; a higher index, so that there is no circle. */
  above: fc.array(fc.option(at(ROLES), { nil: undefined }), { minLength: ROLES, maxLength: ROLES }),
  roleOf: fc.array(fc.option(at(ROLES), { nil: undefined }), {
    minLength: USERS,
    maxLength: USERS,
  }),
  /** A queue, or a public group; whether superiors of its members have what they have. */
  groups: fc.array(fc.record({ queue: fc.boolean(), bosses: fc.boolean() }), {
    minLength: GROUPS,
    maxLength: GROUPS,
  }),
  members: fc.array(fc.record({ group: at(GROUPS), party }), { maxLength: 6 }),
  owners: fc.array(party, { minLength: ACCOUNTS, maxLength: ACCOUNTS }),
  shares: fc.array(
    fc.record({ account: at(ACCOUNTS), to: party, level: fc.constantFrom('Read', 'Edit') }),
    { maxLength: 5 },
  ),
  rules: fc.array(
    fc.record({
      from: at(GROUPS),
      to: at(GROUPS),
      level: fc.constantFrom('Read' as const, 'Edit' as const),
    }),
    { maxLength: 2 },
  ),
});
type World = typeof world extends fc.Arbitrary<infer Made> ? Made : never;

const id = (prefix: string, index: number): string =>
  `${prefix}${String(index + 1).padStart(15, '0')}`;
const idOf = ({ kind, index }: World['owners'][number]): string =>
  id(kind === 'user' ? '005' : '00G', index);

/** Fills the org's tables with a world, in place of what was there. */
async function fill(made: World): Promise<void> {
  const { pool } = testOrg.org;
  for (const table of ['userrole', 'groupmember', 'account', 'accountshare'])
    await pool.query(`truncate org.${table}`);
  await pool.query(`delete from org."group" where id like '00G00000%'`);
  await pool.query(`delete from org."user" where id like '00500000%'`);
  for (const [index, above] of made.above.entries()) {
    const higher = above !== undefined && above > index ? id('00E', above) : null;
    await pool.query('insert into org.userrole (id, name, parentroleid) values ($1, $1, $2)', [
      id('00E', index),
      higher,
    ]);
  }
  for (const [index, role] of made.roleOf.entries())
    await pool.query(
      'insert into org."user" (id, username, lastname, userroleid) values ($1, $1, $1, $2)',
      [id('005', index), role === undefined ? null : id('00E', role)],
    );
  for (const [index, { queue, bosses }] of made.groups.entries())
    await pool.query(
      'insert into org."group" (id, name, type, doesincludebosses) values ($1, $1, $2, $3)',
      [id('00G', index), queue ? 'Queue' : 'Regular', bosses],
    );
  for (const [index, { group, party: member }] of made.members.entries())
    await pool.query(
      'insert into org.groupmember (id, groupid, userorgroupid) values ($1, $2, $3)',
      [id('011', index), id('00G', group), idOf(member)],
    );
  for (const [index, owner] of made.owners.entries())
    await pool.query('insert into org.account (id, name, ownerid) values ($1, $1, $2)', [
      id('001', index),
      idOf(owner),
    ]);
  for (const [index, { account, to, level }] of made.shares.entries())
    await pool.query(
      `insert into org.accountshare (id, accountid, userorgroupid, accountaccesslevel, rowcause) values ($1, $2, $3, $4, 'Manual')`,
      [id('00r', index), id('001', account), idOf(to), level],
    );
}

/** The accounts a user may read or edit, by the model. */
function expected(made: World, user: number, level: 'read' | 'edit' | 'delete'): readonly number[] {
  const higher = (role: number): number | undefined => {
    const above = made.above[role];
    return above !== undefined && above > role ? above : undefined;
  };
  const isAbove = (boss: number, other: number): boolean => {
    const top = made.roleOf[boss];
    let role = made.roleOf[other];
    while (role !== undefined) {
      role = higher(role);
      if (role !== undefined && role === top) return true;
    }
    return false;
  };
  const below = Array.from({ length: USERS }, (_, other) => other).filter(
    (other) => isAbove(user, other) && other !== user,
  );
  const isIn = (group: number, other: number, seen: readonly number[] = []): boolean =>
    !seen.includes(group) &&
    made.members.some(
      ({ group: of, party: member }) =>
        of === group &&
        (member.kind === 'user'
          ? member.index === other
          : isIn(member.index, other, [...seen, group])),
    );
  const has = (to: World['owners'][number]): boolean => {
    if (to.kind === 'user') return to.index === user || below.includes(to.index);
    const group = present(made.groups[to.index], 'group');
    return (
      isIn(to.index, user) ||
      ((group.bosses || group.queue) && below.some((other) => isIn(to.index, other)))
    );
  };
  const owns = (owner: World['owners'][number]): boolean => {
    if (owner.kind === 'user') return owner.index === user || below.includes(owner.index);
    const queue = made.groups[owner.index]?.queue === true;
    return queue && [user, ...below].some((other) => isIn(owner.index, other));
  };
  const enough = (given: string): boolean => level === 'read' || given === 'Edit';
  return made.owners.flatMap((owner, account) => {
    const open =
      level !== 'delete' &&
      (made.model === 'ReadWrite' || (made.model === 'Read' && level === 'read'));
    const shared =
      level !== 'delete' &&
      made.shares.some(
        (share) => share.account === account && enough(share.level) && has(share.to),
      );
    const ruled =
      level !== 'delete' &&
      made.rules.some(
        (rule) =>
          enough(rule.level) &&
          has({ kind: 'group', index: rule.to }) &&
          (owner.kind === 'user'
            ? isIn(rule.from, owner.index)
            : owner.index === rule.from || holds(made, rule.from, owner.index)),
      );
    return open || owns(owner) || shared || ruled ? [account] : [];
  });
}

/** Whether a group is within another one. */
function holds(made: World, outer: number, inner: number, seen: readonly number[] = []): boolean {
  return (
    !seen.includes(outer) &&
    made.members.some(
      ({ group, party: member }) =>
        group === outer &&
        member.kind === 'group' &&
        (member.index === inner || holds(made, member.index, inner, [...seen, outer])),
    )
  );
}

async function actual(
  made: World,
  user: number,
  level: 'read' | 'edit' | 'delete',
): Promise<readonly number[]> {
  const { pool } = testOrg.org;
  const schema = testOrg.org.schema();
  const rules = made.rules.map((rule, index): SharingRule => ({
    object: 'Account',
    name: `r${index}`,
    level: rule.level,
    toGroup: id('00G', rule.to),
    fromGroup: id('00G', rule.from),
    condition: undefined,
  }));
  const access: Access = {
    permissions: new Set(['ApiEnabled']),
    objects: new Map(),
    allRecords: new Map(),
    fields: new Map(),
    recordTypes: new Map(),
    models: new Map<string, SharingModel>([
      ['Account', made.model],
      ['Opportunity', 'ReadWrite'],
      ['Case', 'ReadWrite'],
    ]),
    rules,
  };
  const account = present(schema.findObject('Account'), 'Account');
  const rule = rowRules({ userId: id('005', user), access, schema }, account)?.[level];
  const { rows } = await pool.query<{ id: string }>(
    `select id from org.account as record where ${rule ?? 'true'} order by id`,
  );
  return rows.map((row) => Number(row.id.slice(3)) - 1);
}

test('every user reads, edits and deletes exactly the records that roles, groups, queues, shares and rules give him', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (made) => {
      await fill(made);
      for (let user = 0; user < USERS; user += 1) {
        for (const level of ['read', 'edit', 'delete'] as const)
          expect({ user, level, accounts: await actual(made, user, level) }).toEqual({
            user,
            level,
            accounts: expected(made, user, level),
          });
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
