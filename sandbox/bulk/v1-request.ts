import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import type { InputRecord } from '../records/engine.ts';
import { recordsOfRows } from './batch.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { Job } from './job.ts';
import { openArchive, withFiles } from './v1-archive.ts';
import { AsyncError, languageOf, parseXml } from './v1-format.ts';

const Rows = z.array(z.array(z.string()));
const Records = z.array(z.record(z.string(), z.unknown()));
const Nil = z.looseObject({ '@nil': z.literal('true') });
const Parent = z.looseObject({ sObject: z.tuple([z.record(z.string(), z.unknown())]) });

export interface V1Records {
  readonly records: readonly InputRecord[];
  /** How the engine is to read the values. */
  readonly values: 'json' | 'text';
  /** The columns of a CSV file, which must all be fields. */
  readonly columns: readonly string[];
}

/** The records of a batch in the language of its job. */
function parseRecords(job: Job, request: Buffer): V1Records {
  const text = request.toString('utf8');
  const language = languageOf(job);
  if (language === 'CSV') return parseCsv(text);
  const records = language === 'JSON' ? parseJson(text) : parseObjects(text);
  return { records, values: language === 'JSON' ? 'json' : 'text', columns: [] };
}

/** The records of a batch, with the files that came with them in an archive. */
export async function parseV1Records(
  job: Job,
  request: Buffer,
  object: ObjectDef | undefined,
): Promise<V1Records> {
  if (!job.content_type.startsWith('ZIP_')) return parseRecords(job, request);
  const archive = await openArchive(request);
  const parsed = parseRecords(job, archive.request);
  if (object === undefined) return parsed;
  return { ...parsed, records: withFiles(object, parsed.records, archive.files) };
}

function parseCsv(text: string): V1Records {
  try {
    const [columns = [], ...rows] = Rows.parse(parse(text, { bom: true, skip_empty_lines: true }));
    const names = columns.map((column) => column.trim());
    return { records: recordsOfRows(names, rows), values: 'text', columns: names };
  } catch (error) {
    if (error instanceof CsvError) throw new AsyncError('InvalidBatch', error.message);
    throw error;
  }
}

function parseJson(text: string): readonly InputRecord[] {
  try {
    return Records.parse(JSON.parse(text));
  } catch (error) {
    throw new AsyncError(
      'InvalidBatch',
      error instanceof z.ZodError ? 'a list of records is expected' : messageOf(error),
    );
  }
}

function parseObjects(text: string): readonly InputRecord[] {
  const { sObject = [] } = z
    .looseObject({ sObject: Records.optional() })
    .parse(parseXml(text, 'sObjects'));
  return sObject.map(cellsOf);
}

/** Elements as cells: `xsi:nil` empties, a parent element is a key of the parent (`Account.Ext__c`). */
function cellsOf(element: Readonly<Record<string, unknown>>): InputRecord {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(element)) {
    if (name.startsWith('@') || name === '#text' || name === 'type') continue;
    const parent = Parent.safeParse(value);
    if (Nil.safeParse(value).success) record[name] = null;
    else if (parent.success) {
      for (const [key, inner] of Object.entries(parent.data.sObject[0])) {
        if (key !== 'type') record[`${name}.${key}`] = inner;
      }
    } else if (value !== '') record[name] = value;
  }
  return record;
}
