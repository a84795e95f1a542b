import type { Column } from './compiled.ts';
import {
  LONG_TEXT_CHARACTERS,
  LONG_TEXT_PAGE_RECORDS,
  LONG_TEXTS_MAX,
  PAGE_CHARACTERS_MAX,
  VALUE_CHARACTERS,
} from './limits.ts';

/**
 * How many records of these columns may stand on one page, of those asked for: fewer where the fields could be so long
 * that a page of them would not fit into memory. Salesforce does the same, and says so for custom long texts.
 */
export function pageRecords(columns: readonly Column[], asked: number): number {
  const fitting = Math.max(1, Math.floor(PAGE_CHARACTERS_MAX / widthOf(columns)));
  const bound = longTexts(columns) >= LONG_TEXTS_MAX ? LONG_TEXT_PAGE_RECORDS : asked;
  return Math.min(asked, bound, fitting);
}

/** The longest a record can be, near enough. Child lists have bounds of their own. */
function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.name.length + widthOfOne(column), 0);
}

function widthOfOne(column: Column): number {
  if (column.kind === 'field') return Math.max(VALUE_CHARACTERS, column.field.length);
  const nested = column.kind === 'parent' || column.kind === 'typeof';
  return nested ? widthOf(column.columns) : VALUE_CHARACTERS;
}

function longTexts(columns: readonly Column[]): number {
  return columns.reduce((count, column) => {
    if (column.kind === 'parent' || column.kind === 'typeof')
      return count + longTexts(column.columns);
    if (column.kind !== 'field') return count;
    const { custom, type, length } = column.field;
    return custom && type === 'textarea' && length > LONG_TEXT_CHARACTERS ? count + 1 : count;
  }, 0);
}
