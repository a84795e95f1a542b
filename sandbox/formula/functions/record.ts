import { FormulaProblem } from '../problem.ts';
import { IS_NEW, PRIOR, ROW } from '../template.ts';
import { made, type Kind, type Value } from '../value.ts';
import { named } from './logic.ts';
import { plain, type FunctionCall, type FunctionRule } from './rule.ts';

const FIELDS: readonly Kind[] = [
  'Number',
  'Text',
  'Boolean',
  'Date',
  'DateTime',
  'Time',
  'Picklist',
  'Multi-Select Picklist',
];

/** What tells of the record as it was before: only where records are written. */
export const RECORD_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  ISCHANGED: {
    takes: [FIELDS],
    needs: 1,
    places: ['rule'],
    ofField: true,
    make: (call) => {
      const [now, before] = nowAndBefore(call);
      const key = (sql: string): string => (isText(now) ? `coalesce(${sql}, '')` : sql);
      return made(
        'Boolean',
        `(not ${IS_NEW} and ${key(now.sql)} is distinct from ${key(before)})`,
        [],
      );
    },
  },
  ISCLONE: plain('Boolean', [], () => 'false', { places: ['rule'] }),
  ISNEW: plain('Boolean', [], () => IS_NEW, { places: ['rule'] }),
  PRIORVALUE: {
    takes: [FIELDS],
    needs: 1,
    places: ['rule'],
    ofField: true,
    make: (call) => {
      const [now, before] = nowAndBefore(call);
      const { fault: _fault, ...value } = now;
      // Of a new record the value before is the one it has now.
      return { ...value, sql: `(case when ${IS_NEW} then ${now.sql} else ${before} end)` };
    },
  },
};

function isText({ kind }: Value): boolean {
  return kind === 'Text' || kind === 'Picklist' || kind === 'Multi-Select Picklist';
}

function nowAndBefore({ name, values }: FunctionCall): readonly [Value, string] {
  const [value] = values;
  if (value?.field === undefined || !value.sql.includes(ROW)) {
    throw new FormulaProblem(
      `Incorrect parameter for ${named(name)}. Expected field name reference.`,
    );
  }
  return [value, value.sql.replaceAll(ROW, PRIOR)];
}
