import express, { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { METADATA_BODY_BYTES_MAX } from '../limits.ts';
import { throwHeldRefusal } from '../held-refusal.ts';
import type { Org } from '../org.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { isMultipart, readMultipart } from '../rest/multipart.ts';
import { countCall } from '../count-call.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { assertMayCustomize } from './access.ts';
import { DeployOptions, queueDeploy, queueValidated } from './deploy.ts';
import { answerXml, faultXml, readCall } from './envelope.ts';
import { cancelJob, getJob, shownDeploy } from './jobs.ts';
import type { MetadataJobs } from './metadata-jobs.ts';
import { METADATA_METHODS } from './soap.ts';

/** The Metadata API: SOAP at `/services/Soap/m/NN.0`, and deploys by REST. */
export function createMetadataRouter(
  org: Org,
  authenticator: Authenticator,
  jobs: MetadataJobs,
): Router {
  const router = Router();
  const text = express.text({ limit: METADATA_BODY_BYTES_MAX, type: () => true });
  router.post(
    // Below the version anything may stand: the organization, or what simple-salesforce puts there.
    '/services/Soap/m/:version{/*more}',
    text,
    answerSoap({ org, authenticator, jobs }),
  );
  const path = '/services/data/v:version/metadata/deployRequest';
  router.use(path, requireSession(authenticator), countCall(org));
  router.use(path, async (request, _response, next) => {
    await assertMayCustomize(org, sessionOf(request));
    next();
  });
  router.post(path, postDeploy(org, jobs));
  router.get(`${path}/:id`, async (request, response) => {
    const job = await getJob(org, 'deploy', request.params.id);
    const deployResult = shownDeploy(job, request.query['includeDetails'] === 'true');
    response.json({ deployResult, id: job.id, url: request.originalUrl });
  });
  router.patch(`${path}/:id`, async (request, response) => {
    const { json } = await readParts(request);
    if (!Cancelling.safeParse(parseJson(json)).success) {
      throw new SalesforceError(
        'INVALID_INPUT',
        'A deploy can only be canceled: {"deployResult":{"status":"Canceling"}}',
      );
    }
    await cancelJob(org, 'deploy', request.params.id);
    const job = await getJob(org, 'deploy', request.params.id);
    response
      .status(202)
      .json({ deployResult: shownDeploy(job, false), id: job.id, url: request.originalUrl });
  });
  return router;
}

const Cancelling = z.looseObject({
  deployResult: z.looseObject({ status: z.literal('Canceling') }),
});

interface Served {
  readonly org: Org;
  readonly authenticator: Authenticator;
  readonly jobs: MetadataJobs;
}

function answerSoap({ org, authenticator, jobs }: Served) {
  return async (request: Request, response: Response): Promise<void> => {
    response.type('text/xml');
    try {
      throwHeldRefusal(request);
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
      await assertMayCustomize(org, session);
      const result = await run({
        org,
        jobs,
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

const Options = z.looseObject({
  deployOptions: DeployOptions.optional(),
  validatedDeployRequestId: z.string().optional(),
});

/** `multipart/form-data` with the parts `json` and `file`; or JSON with the id of a validation. */
function postDeploy(org: Org, jobs: MetadataJobs) {
  return async (request: Request, response: Response): Promise<void> => {
    const session = sessionOf(request);
    const { json, file } = await readParts(request);
    const parsed = Options.safeParse(parseJson(json));
    if (!parsed.success)
      throw new SalesforceError('JSON_PARSER_ERROR', 'deployOptions are malformed');
    const { deployOptions, validatedDeployRequestId } = parsed.data;
    const id =
      validatedDeployRequestId === undefined
        ? await queueDeploy(org, session, file, deployOptions ?? DeployOptions.parse({}))
        : await queueValidated(org, session, validatedDeployRequestId);
    const queued = await getJob(org, 'deploy', id);
    jobs.wake();
    response.status(201).json({
      deployOptions: deployOptions ?? null,
      deployResult: shownDeploy(queued, false),
      id,
      url: `${request.originalUrl}/${id}`,
      validatedDeployRequestId: validatedDeployRequestId ?? null,
    });
  };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new SalesforceError('JSON_PARSER_ERROR', 'The JSON part is malformed', { cause });
  }
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
