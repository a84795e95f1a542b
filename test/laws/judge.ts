import type { History, Write } from './history.ts';
import type { ModelOrg, ModelRecord } from './model-org.ts';
import type { ModelRow, ModelTable } from './model-table.ts';

/** The laws that are judged when all is quiet. Those about single changes are judged as they happen, in history.ts. */
export function judge(history: History, org: ModelOrg, tables: readonly ModelTable[]): void {
  for (const table of tables) {
    const records = org.live(table.plan.object).filter(({ entity }) => !history.parked.has(entity));
    converged(history, table, records);
    for (const write of history.writes.values()) {
      if (isOf(write, table)) accountedFor(history, table, write);
    }
    for (const record of records) survivors(history, table, record);
    deletesHold(history, table, records);
  }
}

function isOf(write: Write, table: ModelTable): boolean {
  return [...table.entities.values()].includes(write.entity);
}

/** Law 1. A value that Salesforce refused stays in its row, which says so. */
function converged(history: History, table: ModelTable, records: readonly ModelRecord[]): void {
  const bySfid = new Map(
    [...table.rows].filter(([, { sfid }]) => sfid !== null).map(([id, row]) => [row.sfid, id]),
  );
  for (const record of records) {
    const id = bySfid.get(record.sfid);
    const row = id === undefined ? undefined : table.rows.get(id);
    if (id === undefined || row === undefined) {
      history.violated('converged', `record ${record.sfid} of entity ${record.entity} has no row`);
      continue;
    }
    for (const { column } of table.plan.fields) {
      const [mine, theirs] = [row.values[column] ?? null, record.values[column] ?? null];
      if (mine === theirs) continue;
      const isRefused = row.lastop === 'FAILED' && row.err !== null && isFailed(table, id, mine);
      if (!isRefused)
        history.violated(
          'converged',
          `${column} of ${record.entity}: table ${mine}, org ${theirs}`,
        );
    }
  }
  const alive = new Set(records.map(({ sfid }) => sfid));
  for (const [id, row] of table.rows) {
    if (row.sfid === null ? isExplained(table, id, row) : alive.has(row.sfid)) continue;
    if (history.parked.has(table.entities.get(id) ?? 0)) continue;
    history.violated(
      'converged',
      `row ${id} of entity ${table.entities.get(id)} (${row.sfid}, ${row.lastop}) has no record`,
    );
  }
  for (const [id, { lastop }] of table.rows) {
    if (lastop === 'PENDING' && table.syncOf(id).parked === null)
      history.violated('converged', `row ${id} is PENDING with nothing to wait for`);
  }
}

function isFailed(table: ModelTable, recordId: number, value: string | null): boolean {
  return table.archive.some(
    (entry) =>
      entry.recordId === recordId &&
      entry.state === 'FAILED' &&
      entry.message !== null &&
      Object.values(entry.values ?? {}).includes(value),
  );
}

function isExplained(table: ModelTable, id: number, { lastop, err }: ModelRow): boolean {
  if (lastop !== 'FAILED' || err === null) return false;
  return (
    table.syncOf(id).parked !== null ||
    table.archive.some((entry) => entry.recordId === id && entry.state === 'FAILED')
  );
}

/** Law 2, of the application's writes: each reached Salesforce, or something says why not. */
function accountedFor(
  history: History,
  table: ModelTable,
  { token, entity, side, field }: Write,
): void {
  if (history.deletedBy.has(entity) || history.parked.has(entity)) return;
  if (side === 'org' ? history.shownInTable.has(token) : history.shownInOrg.has(token)) return;
  if (side === 'org') {
    // Nobody read it before it was replaced in Salesforce itself.
    if (!isStanding(table, token)) return;
    history.violated('nothing lost', `${token} never reached the table`);
    return;
  }
  const isReplaced = [...history.writes.values()].some((write) => write.saw === token);
  const isLoser =
    table.conflicts.some(({ mine }) => mine === token) ||
    table.conflicts.some(({ image }) => image?.[field] === token);
  const isRefused = table.archive.some(
    ({ state, values }) => state === 'FAILED' && values?.[field] === token,
  );
  const isParked = [...table.rows].some(
    ([id, { values }]) => values[field] === token && table.syncOf(id).parked !== null,
  );
  if (!isReplaced && !isLoser && !isRefused && !isParked) {
    history.violated('nothing lost', `${token} did not reach Salesforce and nothing says why`);
  }
}

function isStanding(table: ModelTable, token: string): boolean {
  return [...table.rows.values()].some(({ values }) => Object.values(values).includes(token));
}

/** Law 2, of what is left: nobody wrote over it having seen it, unless he was refused or lost a conflict. */
function survivors(history: History, table: ModelTable, record: ModelRecord): void {
  for (const [field, value] of Object.entries(record.values)) {
    if (value === null) continue;
    const lost = [...history.writes.values()].find(
      ({ entity, token, field: of }) =>
        entity === record.entity &&
        of === field &&
        history.isAncestor(value, token) &&
        !isLoss(history, table, token),
    );
    if (lost !== undefined) {
      history.violated(
        'nothing lost',
        `${value} stands, though the writer of ${lost.token} had seen it`,
      );
    }
  }
}

/** A write that was refused or lost a conflict; and one that only those had seen is judged by its own. */
function isLoss(history: History, table: ModelTable, token: string): boolean {
  // A refused delete shows what was deleted in its `old`.
  const refused = table.archive.some(
    ({ state, values, old }) =>
      state === 'FAILED' && Object.values(values ?? old ?? {}).includes(token),
  );
  if (refused || table.conflicts.some(({ mine }) => mine === token)) return true;
  const { saw } = history.writes.get(token) ?? {};
  const isReplaced = [...history.writes.values()].some((write) => write.saw === token);
  return isReplaced && saw !== undefined && !history.shownInOrg.has(token);
}

/** A delete that was acknowledged holds, unless Salesforce refused it. */
function deletesHold(history: History, table: ModelTable, records: readonly ModelRecord[]): void {
  for (const [entity, sides] of history.deletedBy) {
    const record = records.find((other) => other.entity === entity);
    if (record === undefined) continue;
    const isRefused = table.archive.some(
      (entry) => entry.entity === entity && entry.action === 'DELETE' && entry.state === 'FAILED',
    );
    if (!isRefused || sides.has('org'))
      history.violated('nothing lost', `entity ${entity} was deleted and lives`);
  }
}
