import { createHash } from 'node:crypto';

import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { ok, type RawJson, type RestRequest, type RestResponse } from './request.ts';

/** Salesforce gives entity tags to accounts only. */
const TAGGED = 'Account';

/** What the caller's headers say of a record's present state. */
type Verdict = 'go on' | 'not modified' | 'failed';

interface State {
  readonly tag: string | undefined;
  readonly modified: Date | undefined;
}

/** A record, or 304 when the caller has it already, 412 when it is not the one he means. */
export async function answerRecord(
  request: RestRequest,
  { object, id, body }: { object: ObjectDef; id: string; body: RawJson },
): Promise<RestResponse> {
  const state = {
    tag: object.name === TAGGED ? tagOf(body.text) : undefined,
    modified: await modifiedAt(request, object, id),
  };
  const headers = {
    ...(state.tag === undefined ? {} : { ETag: state.tag }),
    ...(state.modified === undefined ? {} : { 'Last-Modified': state.modified.toUTCString() }),
  };
  switch (judge(request, state)) {
    case 'not modified':
      return { status: 304, body: undefined, headers };
    case 'failed':
      throw preconditionFailed();
    case 'go on':
    default:
      return ok(body, headers);
  }
}

/** Refuses a write when the record is not as the caller's headers say. `read` is asked for its tag only when needed. */
export async function checkPreconditions(
  request: RestRequest,
  { object, id }: { object: ObjectDef; id: string },
  read: () => Promise<RawJson>,
): Promise<void> {
  const { headers } = request;
  const tags = [headers['if-match'], headers['if-none-match']];
  const times = [headers['if-modified-since'], headers['if-unmodified-since']];
  if ([...tags, ...times].every((header) => header === undefined)) return;
  if (
    tags.some((tag) => tag !== undefined && tagsOf(tag).length === 0) ||
    Number.isNaN(Date.parse(headers['if-unmodified-since'] ?? '2000-01-01'))
  ) {
    throw new SalesforceError('BAD_REQUEST', 'A conditional header has an invalid value');
  }
  const tagged = object.name === TAGGED && tags.some((tag) => tag !== undefined);
  const state = {
    tag: tagged ? tagOf((await read()).text) : undefined,
    modified: await modifiedAt(request, object, id),
  };
  if (judge(request, state) !== 'go on') throw preconditionFailed();
}

function judge({ headers }: RestRequest, { tag, modified }: State): Verdict {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (tag !== undefined && match !== undefined && !matches(match, tag)) return 'failed';
  if (tag !== undefined && noneMatch !== undefined && matches(noneMatch, tag))
    return 'not modified';
  if (modified === undefined) return 'go on';
  const since = Date.parse(headers['if-modified-since'] ?? '');
  if (since >= modified.getTime()) return 'not modified';
  const until = Date.parse(headers['if-unmodified-since'] ?? '');
  return until < modified.getTime() ? 'failed' : 'go on';
}

function matches(header: string, tag: string): boolean {
  const tags = tagsOf(header);
  return tags.includes('*') || tags.includes(tag);
}

/** The tags of a header; a compressed answer's tag says so at its end, and is the same tag. */
function tagsOf(header: string): readonly string[] {
  return (header.match(/\*|"[^"]*"/g) ?? []).map((tag) => tag.replace(/-gzip"$/, '"'));
}

function tagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64')}"`;
}

const Row = z.object({ modified: z.date() });

async function modifiedAt(
  request: RestRequest,
  object: ObjectDef,
  id: string,
): Promise<Date | undefined> {
  const field = object.fields.find(({ name }) => name === 'LastModifiedDate');
  if (field === undefined) return undefined;
  const { rows } = await (request.client ?? request.org.pool).query(
    `/* modifiedAt */ select ${columnName(field)} as modified from ${tableName(object)} as record where "id" = $1`,
    [id],
  );
  const modified = z.array(Row).parse(rows)[0]?.modified;
  // HTTP's dates are whole seconds.
  return modified === undefined
    ? undefined
    : new Date(Math.floor(modified.getTime() / 1_000) * 1_000);
}

function preconditionFailed(): SalesforceError {
  return new SalesforceError('PRECONDITION_FAILED', 'The record has been modified', {
    status: 412,
  });
}
