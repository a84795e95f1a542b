import { z } from 'zod';

import { SUBREQUESTS_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { RawJson, ok, type Handler, type RestRequest, type RestResponse } from './request.ts';

/** Answers a subrequest by the handlers of its path; gives every error as an answer. */
export type Answer = (
  request: RestRequest,
  url: string,
  patch: Partial<RestRequest>,
) => Promise<RestResponse>;

const Headers = z.record(z.string(), z.string()).optional();

const Subrequest = z.object({
  method: z.string(),
  url: z.string(),
  referenceId: z.string().min(1),
  body: z.unknown().optional(),
  httpHeaders: Headers,
});
type Subrequest = z.infer<typeof Subrequest>;

const Composite = z.object({
  allOrNone: z.boolean().optional(),
  collateSubrequests: z.boolean().optional(),
  compositeRequest: z.array(Subrequest),
});

interface Outcome {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

/** `POST /composite`: up to 25 requests in order, later ones using what earlier ones answered as `@{ref.field}`. */
export function composite(answer: Answer): Handler {
  return async (request) => {
    const parsed = Composite.safeParse(request.body);
    if (!parsed.success) throw malformed(parsed.error);
    const { allOrNone = false, compositeRequest } = parsed.data;
    if (compositeRequest.length > SUBREQUESTS_MAX) {
      throw new SalesforceError(
        'LIMIT_EXCEEDED',
        `The limit of ${SUBREQUESTS_MAX} subrequests was exceeded`,
      );
    }
    const ids = compositeRequest.map(({ referenceId }) => referenceId);
    if (new Set(ids).size < ids.length) {
      throw new SalesforceError(
        'INVALID_INPUT',
        'The referenceId of each subrequest must be unique',
      );
    }
    const outcomes = allOrNone
      ? await allOrNothing(request, (client) =>
          runAll(answer, { ...request, client }, compositeRequest, true),
        )
      : await runAll(answer, request, compositeRequest, false);
    return ok({ compositeResponse: outcomes });
  };
}

class Halted extends Error {
  override readonly name = 'Halted';
  readonly outcomes: readonly Outcome[];

  constructor(outcomes: readonly Outcome[]) {
    super('a subrequest failed');
    this.outcomes = outcomes;
  }
}

/** One transaction for all subrequests: when one fails none of them has happened. */
async function allOrNothing(
  request: RestRequest,
  work: (client: NonNullable<RestRequest['client']>) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  try {
    return await inRequestTransaction(request, async (client) => {
      const outcomes = await work(client);
      if (outcomes.some(({ httpStatusCode }) => httpStatusCode >= 400)) throw new Halted(outcomes);
      return outcomes;
    });
  } catch (error) {
    if (!(error instanceof Halted)) throw error;
    return error.outcomes.map((outcome) =>
      outcome.httpStatusCode >= 400
        ? outcome
        : halted(
            outcome.referenceId,
            'The transaction was rolled back since another operation in the same transaction failed.',
          ),
    );
  }
}

function halted(referenceId: string, message: string): Outcome {
  return {
    body: [{ errorCode: 'PROCESSING_HALTED', message }],
    httpHeaders: {},
    httpStatusCode: 400,
    referenceId,
  };
}

async function runAll(
  answer: Answer,
  request: RestRequest,
  subrequests: readonly Subrequest[],
  stopAtFailure: boolean,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const bodies = new Map<string, unknown>();
  const failed = new Set<string>();
  for (const subrequest of subrequests) {
    const { referenceId } = subrequest;
    if (stopAtFailure && failed.size > 0) {
      outcomes.push(
        halted(
          referenceId,
          'The transaction was rolled back since another operation in the same transaction failed.',
        ),
      );
      continue;
    }
    const outcome = await runOne(answer, request, subrequest, bodies);
    if (outcome.httpStatusCode >= 400) failed.add(referenceId);
    else bodies.set(referenceId, plain(outcome.body));
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runOne(
  answer: Answer,
  request: RestRequest,
  subrequest: Subrequest,
  bodies: ReadonlyMap<string, unknown>,
): Promise<Outcome> {
  const { referenceId } = subrequest;
  let url: string;
  let body: unknown;
  try {
    url = String(resolve(subrequest.url, bodies));
    body = resolve(subrequest.body, bodies);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return { body: [error.toJSON()], httpHeaders: {}, httpStatusCode: error.status, referenceId };
  }
  const response = await answer(request, url, {
    method: subrequest.method.toUpperCase(),
    body,
    headers: { ...request.headers, ...lowerCase(subrequest.httpHeaders) },
  });
  return {
    body: response.body === undefined ? null : plain(response.body),
    httpHeaders: response.headers ?? {},
    httpStatusCode: response.status,
    referenceId,
  };
}

function plain(body: unknown): unknown {
  return body instanceof RawJson ? body.toJSON() : body;
}

function lowerCase(
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

const REFERENCE = /@\{([^}]+)\}/g;

/** Puts in what earlier answers gave, in every string of a value. */
function resolve(value: unknown, bodies: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') {
    const whole = /^@\{([^}]+)\}$/.exec(value);
    if (whole !== null) return lookUp(whole[1] ?? '', bodies);
    return value.replace(REFERENCE, (_, path: string) => String(lookUp(path, bodies)));
  }
  if (Array.isArray(value)) return value.map((item: unknown) => resolve(item, bodies));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, resolve(item, bodies)]),
    );
  }
  return value;
}

/** `ref.records[0].Id` */
function lookUp(path: string, bodies: ReadonlyMap<string, unknown>): unknown {
  const [reference = '', ...steps] = path.split(/[.[\]]+/).filter((step) => step !== '');
  if (!bodies.has(reference)) {
    throw new SalesforceError(
      'PROCESSING_HALTED',
      `Invalid reference specified. No value for ${path} found in ${reference}`,
    );
  }
  let value = bodies.get(reference);
  for (const step of steps) {
    const entry: unknown =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name.toLowerCase() === step.toLowerCase())?.[1]
        : undefined;
    if (entry === undefined) {
      throw new SalesforceError(
        'INVALID_INPUT',
        `Invalid reference specified. No value for ${path} found in ${reference}`,
      );
    }
    value = entry;
  }
  return value;
}

function malformed(error: z.ZodError): SalesforceError {
  const [issue] = error.issues;
  return new SalesforceError(
    'JSON_PARSER_ERROR',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed request'}`,
  );
}

const Batch = z.object({
  haltOnError: z.boolean().optional(),
  batchRequests: z.array(
    z.object({
      method: z.string(),
      url: z.string(),
      richInput: z.unknown().optional(),
      binaryPartName: z.string().optional(),
    }),
  ),
});

/** `POST /composite/batch`: up to 25 independent requests. */
export function compositeBatch(answer: Answer): Handler {
  return async (request) => {
    const parsed = Batch.safeParse(request.body);
    if (!parsed.success) throw malformed(parsed.error);
    const { haltOnError = false, batchRequests } = parsed.data;
    if (batchRequests.length > SUBREQUESTS_MAX) {
      throw new SalesforceError(
        'LIMIT_EXCEEDED',
        `The limit of ${SUBREQUESTS_MAX} subrequests was exceeded`,
      );
    }
    const results: { statusCode: number; result: unknown }[] = [];
    let hasErrors = false;
    for (const { method, url, richInput } of batchRequests) {
      if (hasErrors && haltOnError) {
        results.push({
          statusCode: 412,
          result: [
            {
              errorCode: 'BATCH_PROCESSING_HALTED',
              message: 'Batch processing halted as per request',
            },
          ],
        });
        continue;
      }
      const response = await answer(request, url, {
        method: method.toUpperCase(),
        body: richInput,
      });
      if (response.status >= 400) hasErrors = true;
      results.push({
        statusCode: response.status,
        result: response.body === undefined ? null : plain(response.body),
      });
    }
    return ok({ hasErrors, results });
  };
}

const Graphs = z.object({
  graphs: z.array(z.object({ graphId: z.string(), compositeRequest: z.array(Subrequest) })),
});
/** Salesforce: graphs of a call, and nodes of all of them together. */
const GRAPHS_MAX = 75;
const GRAPH_NODES_MAX = 500;

/** `POST /composite/graph`: each graph is one transaction. */
export function compositeGraph(answer: Answer): Handler {
  return async (request) => {
    const parsed = Graphs.safeParse(request.body);
    if (!parsed.success) throw malformed(parsed.error);
    const { graphs } = parsed.data;
    const nodes = graphs.reduce((sum, { compositeRequest }) => sum + compositeRequest.length, 0);
    if (graphs.length > GRAPHS_MAX || nodes > GRAPH_NODES_MAX) {
      throw new SalesforceError(
        'LIMIT_EXCEEDED',
        `A call may hold ${GRAPHS_MAX} graphs and ${GRAPH_NODES_MAX} nodes`,
      );
    }
    const answers = [];
    for (const { graphId, compositeRequest } of graphs) {
      const compositeResponse = await allOrNothing(request, (client) =>
        runAll(answer, { ...request, client }, compositeRequest, true),
      );
      const isSuccessful = compositeResponse.every(({ httpStatusCode }) => httpStatusCode < 400);
      answers.push({ graphId, graphResponse: { compositeResponse }, isSuccessful });
    }
    return ok({ graphs: answers });
  };
}
