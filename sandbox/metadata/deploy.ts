import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { changeSchema } from '../schema/change-schema.ts';
import type { Session } from '../session.ts';
import { applyPackage, type Applied } from './apply-package.ts';
import { MalformedXml } from './envelope.ts';
import { endCancelled, endJob, getJob, queueJob, type Ending, type MetadataJob } from './jobs.ts';
import { keepRest } from './keep-rest.ts';
import { failed, succeeded, type Message } from './message.ts';
import { openPackage } from './package.ts';

/** In XML everything is text; clients in Python write `False`. */
const Flag = z.union([
  z.boolean(),
  z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false']))
    .transform((text) => text === 'true'),
]);

export const DeployOptions = z.looseObject({
  checkOnly: Flag.default(false),
  ignoreWarnings: Flag.default(true),
  /** False: what is in order is deployed though something else is not. */
  rollbackOnError: Flag.default(true),
  runTests: z.union([z.array(z.string()), z.null()]).default([]),
});
export type DeployOptions = z.infer<typeof DeployOptions>;

const Request = z.object({
  userId: z.string(),
  username: z.string(),
  startedAt: z.string(),
  options: DeployOptions,
});
type Request = z.infer<typeof Request>;

/** Puts a package into the queue of what is to be deployed. */
export async function queueDeploy(
  org: Org,
  session: Session,
  zip: Buffer,
  options: DeployOptions,
): Promise<string> {
  const startedAt = new Date(org.clock.now()).toISOString();
  const request = { userId: session.userId, username: session.username, startedAt, options };
  return queueJob(org, { kind: 'deploy', request, result: resultOf(request, []), zip });
}

/** Deploys again what was validated before. */
export async function queueValidated(org: Org, session: Session, id: string): Promise<string> {
  const { zip, state, request } = await getJob(org, 'deploy', id);
  const { options } = Request.parse(request);
  if (zip === null || !options.checkOnly || state !== 'Succeeded') {
    throw new SalesforceError('INVALID_ID_FIELD', `${id} is no successful validation`);
  }
  return queueDeploy(org, session, zip, { ...options, checkOnly: false });
}

/**
 * Deploys a package: its objects, its fields, what is merely kept, and the word that it was deployed, all in one
 * transaction. A crash before the commit leaves the org as it was and the job unfinished, so it begins anew; one after
 * it finds the job ended. A package with a fault changes nothing, unless the caller wants the rest of it.
 */
export async function runDeploy(org: Org, job: MetadataJob): Promise<void> {
  const request = Request.parse(job.request);
  try {
    const contents = await openPackage(job.zip ?? Buffer.alloc(0));
    await changeSchema(
      org,
      (draft, schema) => {
        const applied = applyPackage(draft, schema, contents);
        if (request.options.rollbackOnError) refuseFaults(applied.messages);
        return applied;
      },
      async (client, applied: Applied, schema) => {
        const now = new Date(org.clock.now());
        const write = { client, schema, userId: request.userId, now };
        const messages = [...applied.messages, ...(await keepRest(write, applied))];
        if (request.options.rollbackOnError) refuseFaults(messages);
        if (request.options.checkOnly) throw new Undone(messages);
        const ending = endingOf(org, request, messages);
        if (!(await endJob(client, job.id, ending))) throw new Undone(messages);
      },
    );
  } catch (error) {
    const ending = endingOf(org, request, messagesOf(org, error));
    // Not ended by this: it was cancelled while it ran.
    if (!(await endJob(org.pool, job.id, ending))) await endCancelled(org.pool, job.id);
  }
}

/** Ends the transaction without a change; the messages say why. */
class Undone extends Error {
  override readonly name = 'Undone';
  readonly messages: readonly Message[];

  constructor(messages: readonly Message[]) {
    super('deploy undone');
    this.messages = messages;
  }
}

function refuseFaults(messages: readonly Message[]): void {
  if (messages.some(({ success }) => !success)) throw new Undone(messages);
}

function messagesOf(org: Org, error: unknown): readonly Message[] {
  if (error instanceof Undone) return error.messages;
  const manifest = { componentType: '', fileName: 'package.xml', fullName: 'package.xml' };
  if (error instanceof MalformedXml) return [failed(manifest, error.message, error.place)];
  if (error instanceof SalesforceError) {
    const [, object, field] = /^(\w+)\.(\w+): /.exec(error.message) ?? [];
    if (object === undefined || field === undefined) return [failed(manifest, error.message)];
    const fileName = `objects/${object}.object`;
    const subject = { componentType: 'CustomField', fileName, fullName: `${object}.${field}` };
    return [failed(subject, error.message)];
  }
  org.log.error({ err: error }, `deploy failed: ${messageOf(error)}`);
  return [failed(manifest, 'UNKNOWN_EXCEPTION: An unexpected error occurred')];
}

function endingOf(org: Org, request: Request, messages: readonly Message[]): Ending {
  const faults = messages.filter(({ success }) => !success).length;
  const { rollbackOnError, checkOnly } = request.options;
  const some = messages.some(({ success, componentType }) => success && componentType !== '');
  const partial = !rollbackOnError && !checkOnly && some;
  const finished = new Date(org.clock.now()).toISOString();
  return {
    state: faults === 0 ? 'Succeeded' : partial ? 'SucceededPartial' : 'Failed',
    result: {
      ...resultOf(request, messages),
      completedDate: finished,
      lastModifiedDate: finished,
      success: faults === 0 || partial,
    },
  };
}

function resultOf(
  { userId, username, startedAt, options }: Request,
  messages: readonly Message[],
): Readonly<Record<string, unknown>> {
  const dated = messages.map((message) => ({ ...message, createdDate: startedAt }));
  const components = dated.filter(({ componentType }) => componentType !== '');
  const deployed = components.filter(({ success }) => success).length;
  const faults = dated.filter(({ success }) => !success);
  const manifest = { componentType: '', fileName: 'package.xml', fullName: 'package.xml' };
  return {
    checkOnly: options.checkOnly,
    createdBy: userId,
    createdByName: username,
    createdDate: startedAt,
    details: {
      componentFailures: faults,
      componentSuccesses: [
        ...dated.filter(({ success }) => success),
        ...(dated.length > 0 && faults.length === 0
          ? [{ ...succeeded(manifest, 'same'), createdDate: startedAt }]
          : []),
      ],
      // No Apex runs here, so no test does: a caller who asked for some sees that none was completed.
      runTestResult: { numFailures: 0, numTestsRun: 0, totalTime: 0 },
    },
    ignoreWarnings: options.ignoreWarnings,
    lastModifiedDate: startedAt,
    numberComponentErrors: faults.length,
    numberComponentsDeployed: deployed,
    numberComponentsTotal: deployed + faults.length,
    numberTestErrors: 0,
    numberTestsCompleted: 0,
    numberTestsTotal: options.runTests?.length ?? 0,
    rollbackOnError: options.rollbackOnError,
    runTestsEnabled: (options.runTests?.length ?? 0) > 0,
    startDate: startedAt,
    success: false,
  };
}
