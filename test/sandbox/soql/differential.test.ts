import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { recordId } from '../../../sandbox/store/record-id.ts';
import { createOrgRows, NOW, USER_ID, type OrgRows } from './org-rows.ts';

// Queries made together with what they mean in plain SQL, written here by hand and not by the compiler: both must answer
// the same. What a condition means is checked against JavaScript in results.test.ts; here it is joins, groups and order.
const RUNS = 120;
const stamps = { createddate: NOW, lastmodifieddate: NOW, systemmodstamp: NOW };

const NAMES = ['ant', 'Bee', 'cat', null, 'Dog', 'ant'];
const ROLES = ['Business User', 'Evaluator', 'Influencer'];

let org: OrgRows;

beforeAll(async () => {
  org = await createOrgRows();
  await org.insert('User', [
    {
      Id: USER_ID,
      LastName: 'Ada',
      Username: 'ada@example.com',
      Email: 'a@example.com',
      ...stamps,
    },
  ]);
  const accounts = Array.from({ length: 7 }, (_, at) => ({
    Id: recordId('001', BigInt(at + 1)),
    Name: `Account ${at}`,
    ParentId: at === 0 ? null : recordId('001', BigInt(Math.floor((at - 1) / 2) + 1)),
    Industry: ['Energy', 'Banking', null][at % 3],
    Rating: ['Hot', null][at % 2],
    Type: ['Prospect', 'Other', null][(at >> 1) % 3],
    NumberOfEmployees: [1, 2, null, 5][at % 4],
    AnnualRevenue: [10.5, null, -3, 1e9][at % 4],
    BillingLatitude: at === 6 ? null : at * 9 - 20,
    BillingLongitude: at === 6 ? null : at * 40 - 120,
    OwnerId: USER_ID,
    IsDeleted: at === 5,
    ...stamps,
  }));
  await org.insert('Account', accounts);
  await org.insert(
    'Contact',
    Array.from({ length: 25 }, (_, at) => ({
      Id: recordId('003', BigInt(at + 1)),
      LastName: `Contact ${String(at).padStart(2, '0')}`,
      FirstName: NAMES[at % NAMES.length] ?? null,
      AccountId: at % 5 === 4 ? null : recordId('001', BigInt((at % 7) + 1)),
      Birthdate: at % 3 === 0 ? null : `19${70 + at}-0${(at % 9) + 1}-1${at % 10}`,
      ReportsToId: at === 0 ? null : recordId('003', BigInt(Math.floor(at / 2) + 1)),
      IsDeleted: at % 11 === 10,
      ...stamps,
    })),
  );
  await org.insert(
    'Opportunity',
    Array.from({ length: 18 }, (_, at) => ({
      Id: recordId('006', BigInt(at + 1)),
      Name: `Deal ${at}`,
      AccountId: at % 6 === 5 ? null : recordId('001', BigInt((at % 7) + 1)),
      Amount: [100, 50.5, null, 7][at % 4],
      StageName: ['Prospecting', 'Closed Won'][at % 2],
      CloseDate: `2026-${String((at % 12) + 1).padStart(2, '0')}-2${at % 9}`,
      ...stamps,
    })),
  );
  await org.insert(
    'Case',
    Array.from({ length: 6 }, (_, at) => ({
      Id: recordId('500', BigInt(at + 1)),
      Subject: `Case ${at}`,
      AccountId: recordId('001', BigInt((at % 3) + 1)),
      ...stamps,
    })),
  );
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

/** A statement and the plain SQL that must answer the same: one column, one JSON value a row. */
interface Pair {
  readonly soql: string;
  readonly sql: string;
}

async function same({ soql, sql }: Pair): Promise<void> {
  const expected = await org.sql(sql);
  expect([soql, await org.records(soql)]).toEqual([soql, expected]);
}

const agree = async (pairs: fc.Arbitrary<Pair>): Promise<void> =>
  fc.assert(fc.asyncProperty(pairs, same), { numRuns: RUNS });

interface Column {
  readonly soql: string;
  readonly sql: string;
}

const GROUP_FIELDS: readonly Column[] = [
  { soql: 'Industry', sql: 'a.industry' },
  { soql: 'Rating', sql: 'a.rating' },
  { soql: 'Type', sql: 'a.type' },
  {
    soql: 'CALENDAR_YEAR(CreatedDate)',
    sql: "extract(year from a.createddate at time zone 'UTC')::int",
  },
];

const AGGREGATES: readonly Column[] = [
  { soql: 'COUNT(Id)', sql: 'count(a.id)' },
  { soql: 'COUNT(Rating)', sql: 'count(a.rating)' },
  { soql: 'COUNT_DISTINCT(Rating)', sql: 'count(distinct a.rating)' },
  { soql: 'SUM(NumberOfEmployees)', sql: 'sum(a.numberofemployees)' },
  { soql: 'MIN(AnnualRevenue)', sql: 'min(a.annualrevenue)' },
  { soql: 'MAX(AnnualRevenue)', sql: 'max(a.annualrevenue)' },
  { soql: 'AVG(NumberOfEmployees)', sql: 'avg(a.numberofemployees)::float8' },
];

const grouped: fc.Arbitrary<Pair> = fc
  .record({
    fields: fc.uniqueArray(fc.constantFrom(...GROUP_FIELDS), { minLength: 1, maxLength: 3 }),
    aggregates: fc.uniqueArray(fc.constantFrom(...AGGREGATES), { minLength: 1, maxLength: 3 }),
    mode: fc.constantFrom('', 'ROLLUP', 'CUBE'),
    having: fc.option(fc.constantFrom(...AGGREGATES), { nil: undefined }),
    most: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ fields, aggregates, mode, having, most }) => {
    const shown = [
      ...fields.map((field, at) => ({ ...field, alias: `f${at}` })),
      ...aggregates.map((aggregate, at) => ({ ...aggregate, alias: `v${at}` })),
      ...(mode === ''
        ? []
        : fields.slice(0, 1).map(({ soql, sql }) => ({
            soql: `GROUPING(${soql})`,
            sql: `grouping(${sql})`,
            alias: 'total',
          }))),
    ].filter(({ soql }) => !soql.startsWith('GROUPING(CALENDAR'));
    const list = fields.map(({ soql }) => soql).join(', ');
    const order = shown.map(({ soql }) => `${soql} ASC NULLS LAST`).join(', ');
    const sqlOrder = shown.map(({ sql }) => `${sql} asc nulls last`).join(', ');
    const limit = having === undefined ? '' : ` HAVING ${having.soql} > ${most}`;
    const sqlLimit = having === undefined ? '' : ` having ${having.sql} > ${most}`;
    const by = fields.map(({ sql }) => sql).join(', ');
    return {
      soql: `SELECT ${shown.map(({ soql, alias }) => `${soql} ${alias}`).join(', ')} FROM Account GROUP BY ${mode === '' ? list : `${mode}(${list})`}${limit} ORDER BY ${order}`,
      sql: `select json_build_object(${shown.map(({ sql, alias }) => `'${alias}', ${sql}`).join(', ')}) from org.account a where not a.isdeleted group by ${mode === '' ? by : `${mode}(${by})`}${sqlLimit} order by ${sqlOrder}`,
    };
  });

test('groups, subtotals and HAVING', async () => {
  // Picklists are ordered by their place in the list, which plain SQL does not know: groups are compared as sets.
  const text = (rows: readonly unknown[]): string[] =>
    rows.map((row) => JSON.stringify(row)).toSorted();
  await fc.assert(
    fc.asyncProperty(grouped, async ({ soql, sql }) => {
      expect([soql, text(await org.records(soql))]).toEqual([soql, text(await org.sql(sql))]);
    }),
    { numRuns: RUNS },
  );
});

const PARENT_PATHS: readonly Column[] = [
  { soql: 'Account.Name', sql: 'a.name' },
  { soql: 'Account.Parent.Name', sql: 'p.name' },
  { soql: 'Account.Parent.Parent.Name', sql: 'g.name' },
  { soql: 'ReportsTo.LastName', sql: 'r.lastname' },
];

const sorted: fc.Arbitrary<Pair> = fc
  .record({
    keys: fc.uniqueArray(
      fc.record({
        column: fc.constantFrom(
          ...PARENT_PATHS,
          { soql: 'FirstName', sql: 'c.firstname' },
          { soql: 'Birthdate', sql: 'c.birthdate' },
        ),
        descending: fc.boolean(),
        nulls: fc.constantFrom('', ' NULLS FIRST', ' NULLS LAST'),
      }),
      { minLength: 1, maxLength: 3, selector: ({ column }) => column.soql },
    ),
    offset: fc.integer({ min: 0, max: 30 }),
    limit: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ keys, offset, limit }) => {
    const soql = keys.map(
      ({ column, descending, nulls }) => `${column.soql}${descending ? ' DESC' : ''}${nulls}`,
    );
    const sql = keys.map(({ column, descending, nulls }) => {
      const key = column.sql === 'c.birthdate' ? column.sql : `lower(${column.sql})`;
      return `${key} ${descending ? 'desc' : 'asc'} ${nulls === ' NULLS LAST' ? 'nulls last' : 'nulls first'}`;
    });
    return {
      soql: `SELECT LastName, Account.Parent.Parent.Name, ReportsTo.LastName FROM Contact ORDER BY ${soql.join(', ')}, LastName LIMIT ${limit} OFFSET ${offset}`,
      sql: `select json_build_object('LastName', c.lastname,
          'Account', case when a.id is null then null else json_build_object('Parent', case when p.id is null then null else json_build_object('Parent', case when g.id is null then null else json_build_object('Name', g.name) end) end) end,
          'ReportsTo', case when r.id is null then null else json_build_object('LastName', r.lastname) end)
        from org.contact c left join org.account a on a.id = c.accountid left join org.account p on p.id = a.parentid
          left join org.account g on g.id = p.parentid left join org.contact r on r.id = c.reportstoid
        where not c.isdeleted order by ${sql.join(', ')}, lower(c.lastname) limit ${limit} offset ${offset}`,
    };
  });

test('parents three levels up, order with nulls first and last, limit and offset', async () => {
  await agree(sorted);
});

const children: fc.Arbitrary<Pair> = fc
  .record({
    descending: fc.boolean(),
    childLimit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    won: fc.boolean(),
    deep: fc.boolean(),
  })
  .map(({ descending, childLimit, won, deep }) => {
    const direction = descending ? ' DESC' : '';
    const limit = childLimit === undefined ? '' : ` LIMIT ${childLimit}`;
    const inner = deep ? ', (SELECT Subject FROM Cases ORDER BY Subject)' : '';
    const innerSql = deep
      ? `, 'Cases', (select case when count(*) = 0 then null else json_build_object('totalSize', count(*), 'done', true, 'records', json_agg(json_build_object('Subject', k.subject) order by k.subject)) end from org."case" k where k.accountid = h.id and not k.isdeleted)`
      : '';
    const stage = won ? " WHERE StageName = 'Closed Won'" : '';
    const stageSql = won ? " and o.stagename = 'Closed Won'" : '';
    return {
      soql: `SELECT Name, (SELECT Name FROM Opportunities${stage} ORDER BY Name${direction}${limit}), (SELECT Name${inner} FROM ChildAccounts ORDER BY Name) FROM Account ORDER BY Name`,
      sql: `select json_build_object('Name', a.name,
          'Opportunities', (select case when count(*) = 0 then null else json_build_object('totalSize', count(*), 'done', true, 'records', json_agg(json_build_object('Name', x.name) order by lower(x.name)${direction})) end
            from (select o.name from org.opportunity o where o.accountid = a.id and not o.isdeleted${stageSql} order by lower(o.name)${direction}${limit}) x),
          'ChildAccounts', (select case when count(*) = 0 then null else json_build_object('totalSize', count(*), 'done', true, 'records', json_agg(json_build_object('Name', h.name${innerSql}) order by h.name)) end
            from org.account h where h.parentid = a.id and not h.isdeleted))
        from org.account a where not a.isdeleted order by a.name`,
    };
  });

test('child lists, and lists in them', async () => {
  await agree(children);
});

const joins: fc.Arbitrary<Pair> = fc
  .record({
    negated: fc.boolean(),
    second: fc.option(fc.boolean(), { nil: undefined }),
    stage: fc.constantFrom('Prospecting', 'Closed Won'),
  })
  .map(({ negated, second, stage }) => {
    const more =
      second === undefined
        ? ''
        : ` AND Id ${second ? 'NOT IN' : 'IN'} (SELECT AccountId FROM Contact WHERE FirstName = 'ant')`;
    const moreSql =
      second === undefined
        ? ''
        : ` and ${second ? 'not ' : ''}exists (select 1 from org.contact c where c.accountid = a.id and not c.isdeleted and lower(c.firstname) = 'ant')`;
    return {
      soql: `SELECT Name FROM Account WHERE Id ${negated ? 'NOT IN' : 'IN'} (SELECT AccountId FROM Opportunity WHERE StageName = '${stage}' AND Amount > 20)${more} ORDER BY Name`,
      sql: `select json_build_object('Name', a.name) from org.account a where not a.isdeleted and ${negated ? 'not ' : ''}exists (select 1 from org.opportunity o where o.accountid = a.id and not o.isdeleted and o.stagename = '${stage}' and o.amount > 20)${moreSql} order by a.name`,
    };
  });

test('semi-joins and anti-joins', async () => {
  await agree(joins);
});

const places: fc.Arbitrary<Pair> = fc
  .record({
    latitude: fc.integer({ min: -80, max: 80 }),
    longitude: fc.integer({ min: -170, max: 170 }),
    within: fc.integer({ min: 500, max: 15_000 }),
    less: fc.boolean(),
  })
  .map(({ latitude, longitude, within, less }) => {
    const sign = less ? '<' : '>';
    // The law of cosines, where the compiler uses haversines.
    const distance = `6371.009 * acos(least(1, greatest(-1, sind(a.billinglatitude) * sind(${latitude}) + cosd(a.billinglatitude) * cosd(${latitude}) * cosd(a.billinglongitude - ${longitude}))))`;
    return {
      soql: `SELECT Name FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(${latitude}, ${longitude}), 'km') ${sign} ${within} ORDER BY DISTANCE(BillingAddress, GEOLOCATION(${latitude}, ${longitude}), 'km'), Name`,
      sql: `select json_build_object('Name', a.name) from org.account a where not a.isdeleted and ${distance} ${sign} ${within} order by round((${distance})::numeric, 3), a.name`,
    };
  });

test('distances', async () => {
  await agree(places);
});

test('values of a multi-select picklist', async () => {
  const subsets = Array.from({ length: 8 }, (_, bits) =>
    ROLES.filter((_role, at) => (bits & (1 << at)) !== 0),
  );
  await org.insert(
    'AccountContactRelation',
    subsets.map((subset, at) => ({
      Id: recordId('07k', BigInt(at + 1)),
      AccountId: recordId('001', BigInt(at + 1)),
      ContactId: recordId('003', BigInt(at + 1)),
      Roles: subset.length === 0 ? null : subset.join(';'),
      ...stamps,
    })),
  );
  const terms = fc.uniqueArray(fc.constantFrom(...subsets.filter(({ length }) => length > 0)), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(terms, fc.boolean(), async (wanted, excluded) => {
      const list = wanted.map((term) => `'${term.join(';')}'`).join(', ');
      const soql = `SELECT Roles FROM AccountContactRelation WHERE Roles ${excluded ? 'EXCLUDES' : 'INCLUDES'} (${list}) ORDER BY Id`;
      const expected = subsets
        .filter((has) => wanted.some((term) => term.every((one) => has.includes(one))) !== excluded)
        .map((has) => ({ Roles: has.length === 0 ? null : has.join(';') }));
      expect([soql, await org.records(soql)]).toEqual([soql, expected]);
    }),
    { numRuns: RUNS },
  );
});
