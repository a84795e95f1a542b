import type { FieldDef } from '../schema/field.ts';
import type { Build } from './build.ts';
import type { CompiledQuery } from './compiled.ts';
import { columnOf, kindOf } from './operand.ts';
import { isStamp, stampCell, valueCell } from './render.ts';
import type { RecordNode } from './selection.ts';

interface Cell {
  readonly header: string;
  readonly sql: string;
}

/** The rows of a query as cells of text for COPY; undefined when a record holds more than a line can. */
export function csvOf(
  build: Build,
  { node, rest }: { node: RecordNode; rest: string },
): CompiledQuery['csv'] {
  const cells = cellsOf(node, '');
  if (cells === undefined) return undefined;
  return {
    header: cells.map(({ header }) => header),
    query: build.inline(`select ${cells.map(({ sql }) => sql).join(', ')} ${rest}`),
  };
}

function cellsOf(node: RecordNode, prefix: string): readonly Cell[] | undefined {
  const cells: Cell[] = [];
  for (const entry of node.entries.values()) {
    const header = `${prefix}${entry.name}`;
    if (entry.kind === 'value') {
      cells.push({ header, sql: valueCell(entry.operand) });
    } else if (entry.kind === 'parent') {
      const inner = cellsOf(entry.node, `${header}.`);
      if (inner === undefined) return undefined;
      cells.push(...inner);
    } else if (entry.kind === 'field' && isCell(entry.field)) {
      const sql = columnOf(entry.row.alias, entry.field);
      const cell = isStamp(entry.field)
        ? stampCell(sql)
        : valueCell({ sql, type: entry.field.type });
      cells.push({ header, sql: cell });
    } else {
      return undefined;
    }
  }
  return cells;
}

function isCell({ type, column, formula }: FieldDef): boolean {
  const kind = kindOf(type);
  return (column !== null || formula !== null) && kind !== 'compound' && kind !== 'binary';
}
