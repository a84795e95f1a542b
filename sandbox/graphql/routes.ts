import { execute, GraphQLError, parse, validate, type DocumentNode } from 'graphql';
import { z } from 'zod';

import type { Route } from '../rest/dispatch.ts';
import { ok, type Handler, type RestRequest, type RestResponse } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { TOKENS_MAX } from './limits.ts';
import { graphqlSchemaOf } from './schema.ts';
import { assertShallow } from './depth.ts';

/** `/graphql`: UI API's records by GraphQL. */
export function graphqlRoutes(): readonly Route[] {
  return [{ method: 'POST', path: 'graphql', handler: answer }];
}

const Body = z.looseObject({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

const answer: Handler = async (request) => {
  const parsed = Body.safeParse(request.body);
  if (!parsed.success) throw new SalesforceError('JSON_PARSER_ERROR', 'The body must hold a query');
  const schema = graphqlSchemaOf(request.org.schema());
  const { query, operationName, variables } = parsed.data;
  let document: DocumentNode;
  try {
    assertShallow(query);
    document = parse(query, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return refused([error], 'InvalidSyntax');
  }
  const faults = validate(schema, document);
  if (faults.length > 0) return refused(faults, 'ValidationError');
  const { data = null, errors = [] } = await execute({
    schema,
    document,
    contextValue: request,
    variableValues: variables ?? {},
    operationName: operationName ?? null,
  });
  return ok({ data, errors: errors.map((error) => shown(request, error)) });
};

function refused(errors: readonly GraphQLError[], type: string): RestResponse {
  const shownErrors = errors.map(({ message, locations }) => ({
    message,
    locations: locations ?? [],
    paths: [],
    extensions: { ErrorType: type },
  }));
  return ok({ data: null, errors: shownErrors });
}

/** A refusal of the org's own is told in its words; a defect of ours is logged and not told. */
function shown({ org }: RestRequest, error: GraphQLError) {
  const { originalError: cause, locations, path } = error;
  const place = { locations: locations ?? [], paths: path ?? [] };
  if (cause instanceof SalesforceError) {
    return {
      message: `${cause.errorCode}: ${cause.message}`,
      ...place,
      extensions: { ErrorType: 'DataFetchingException', errorCode: cause.errorCode },
    };
  }
  if (cause === undefined || cause instanceof GraphQLError)
    return { message: error.message, ...place, extensions: { ErrorType: 'ValidationError' } };
  org.log.error({ err: cause }, `GraphQL query failed: ${cause.message}`);
  return {
    message: 'An unexpected error occurred',
    ...place,
    extensions: { ErrorType: 'DataFetchingException', errorCode: 'UNKNOWN_EXCEPTION' },
  };
}
