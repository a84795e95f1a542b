import { expect, test } from '@jest/globals';

import { until } from '../../support/until.ts';
import { startOrgProcess } from '../bulk/org-process.ts';

test('a killed org has either all of a call or nothing of it: each row with its journal entry or event', async () => {
  await using org = await startOrgProcess();
  const token = await org.login();
  let calls = 0;
  const write = async (): Promise<void> => {
    for (;;) {
      calls += 1;
      const records = Array.from({ length: 50 }, (_, index) => ({
        attributes: { type: 'Account' },
        Name: `Killed ${calls}-${index}`,
      }));
      await fetch(`${org.url}/services/data/v60.0/composite/sobjects`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ allOrNone: true, records }),
      });
    }
  };
  const writers = [write(), write(), write()];
  const ended = Promise.allSettled(writers);
  await until(() => (calls > 10 ? true : undefined), { what: 'some calls' });
  await org.kill();
  await ended;
  await org.start();
  const { rows } = await org.pool.query(`
    with killed as (select id, name from org.account where name like 'Killed %'),
         entry as (select record_id from change_journal where change_type = 'CREATE' and record ->> 'Name' like 'Killed %'
                   union all
                   select json_array_elements_text(body -> 'payload' -> 'ChangeEventHeader' -> 'recordIds') from stream_events
                    where kind = 'change' and body -> 'payload' ->> 'Name' like 'Killed %')
    select (select count(*)::int from killed) as rows,
           (select count(*)::int from killed full join entry on entry.record_id = killed.id where killed.id is null or entry.record_id is null) as unmatched,
           (select count(*)::int from (select 1 from killed group by split_part(name, '-', 1) having count(*) <> 50) as part) as torn`);
  expect(rows).toEqual([{ rows: expect.any(Number), unmatched: 0, torn: 0 }]);
  expect(rows[0].rows).toBeGreaterThan(0);
});
