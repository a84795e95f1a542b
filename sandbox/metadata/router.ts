import busboy from 'busboy';
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { METADATA_BODY_BYTES_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
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
  return new Promise((resolve, reject) => {
    const parts = new Map<string, Buffer[]>();
    const add = (name: string, chunk: Buffer): void => {
      parts.set(name, [...(parts.get(name) ?? []), chunk]);
    };
    const read = (name: string): Buffer => Buffer.concat(parts.get(name) ?? []);
    if (!/^multipart\/form-data/i.test(request.headers['content-type'] ?? '')) {
      request.on('data', (chunk: Buffer) => {
        add('json', chunk);
      });
      request.on('end', () => {
        resolve({ json: read('json').toString('utf8'), file: Buffer.alloc(0) });
      });
      request.on('error', reject);
      return;
    }
    const form = busboy({
      headers: request.headers,
      limits: { fileSize: METADATA_BODY_BYTES_MAX, fieldSize: 65_536, parts: 10 },
    });
    form.on('field', (name, value) => {
      add(name, Buffer.from(value));
    });
    form.on('file', (name, stream) => {
      stream.on('data', (chunk: Buffer) => {
        add(name, chunk);
      });
      stream.on('limit', () => {
        reject(new SalesforceError('LIMIT_EXCEEDED', 'Maximum size of request reached'));
      });
    });
    form.on('close', () => {
      // jsforce calls the part entity_content, the documentation json.
      const json = parts.has('json') ? read('json') : read('entity_content');
      resolve({ json: json.toString('utf8'), file: read('file') });
    });
    form.on('error', reject);
    request.pipe(form);
  });
}
