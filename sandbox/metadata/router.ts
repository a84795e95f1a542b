import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { METADATA_BODY_BYTES_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { isMultipart, readMultipart } from '../rest/multipart.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { deploy, deployValidated } from './deploy.ts';
import { answerXml, faultXml, readCall } from './envelope.ts';
import { getJob } from './jobs.ts';
import { METADATA_METHODS } from './soap.ts';

/** The Metadata API: SOAP at `/services/Soap/m/NN.0`, and deploys by REST. */
export function createMetadataRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  const text = express.text({ limit: METADATA_BODY_BYTES_MAX, type: () => true });
  router.post('/services/Soap/m/:version{/:organization}', text, answerSoap(org, authenticator));
  const path = '/services/data/v:version/metadata/deployRequest';
  router.use(path, requireSession(authenticator));
  router.post(path, postDeploy(org));
  router.get(`${path}/:id`, async (request, response) => {
    const { id, result } = await getJob(org, 'deploy', request.params.id);
    const { details, ...summary } = result;
    const detailed = request.query['includeDetails'] === 'true';
    response.json({
      deployResult: detailed ? { ...summary, details } : summary,
      id,
      url: request.originalUrl,
    });
  });
  return router;
}

function answerSoap(org: Org, authenticator: Authenticator) {
  return async (request: Request, response: Response): Promise<void> => {
    response.type('text/xml');
    try {
      const { sessionId, method, parameters } = readCall(z.string().parse(request.body));
      const session =
        sessionId === undefined ? undefined : await authenticator.authenticate(sessionId);
      if (session === undefined) {
        throw new SalesforceError(
          'INVALID_SESSION_ID',
          'Invalid Session ID found in SessionHeader: Illegal Session',
        );
      }
      const run = METADATA_METHODS[method];
      if (run === undefined) throw notBuilt(`the Metadata API's call ${method}`);
      const result = await run({
        org,
        session,
        version: String(request.params['version']),
        parameters,
      });
      response.send(answerXml(method, result));
    } catch (error) {
      if (!(error instanceof SalesforceError)) {
        org.log.error({ err: error }, `metadata call failed: ${messageOf(error)}`);
      }
      const [code, message] =
        error instanceof SalesforceError
          ? [error.errorCode, error.message]
          : ['UNKNOWN_EXCEPTION', 'An unexpected error occurred'];
      response.status(500).send(faultXml(code, message));
    }
  };
}

const Options = z.object({
  deployOptions: z
    .looseObject({ checkOnly: z.boolean().optional(), runTests: z.array(z.string()).nullish() })
    .optional(),
  validatedDeployRequestId: z.string().optional(),
});

/** `multipart/form-data` with the parts `json` and `file`; or JSON with the id of a validation. */
function postDeploy(org: Org) {
  return async (request: Request, response: Response, _next: NextFunction): Promise<void> => {
    const session = sessionOf(request);
    const { json, file } = await readParts(request);
    const parsed = Options.safeParse(JSON.parse(json === '' ? '{}' : json));
    if (!parsed.success)
      throw new SalesforceError('JSON_PARSER_ERROR', 'deployOptions are malformed');
    const { deployOptions, validatedDeployRequestId } = parsed.data;
    const checkOnly = deployOptions?.checkOnly === true;
    const id =
      validatedDeployRequestId === undefined
        ? await deploy(org, session, file, { checkOnly, runTests: deployOptions?.runTests ?? [] })
        : await deployValidated(org, session, validatedDeployRequestId);
    response.status(201).json({
      deployOptions: deployOptions ?? null,
      deployResult: null,
      id,
      url: `${request.originalUrl}/${id}`,
      validatedDeployRequestId: validatedDeployRequestId ?? null,
    });
  };
}

async function readParts(request: Request): Promise<{ json: string; file: Buffer }> {
  if (!isMultipart(request)) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    return { json: Buffer.concat(chunks).toString('utf8'), file: Buffer.alloc(0) };
  }
  const parts = await readMultipart(request, METADATA_BODY_BYTES_MAX);
  // jsforce calls the part entity_content, the documentation json.
  const json = parts.get('json') ?? parts.get('entity_content');
  return {
    json: json?.bytes.toString('utf8') ?? '',
    file: parts.get('file')?.bytes ?? Buffer.alloc(0),
  };
}
