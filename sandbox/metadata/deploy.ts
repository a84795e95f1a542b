import JSZip from 'jszip';
import { z } from 'zod';

import { METADATA_FILES_MAX, METADATA_UNZIPPED_BYTES_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { changeSchema } from '../schema/change-schema.ts';
import type { Session } from '../session.ts';
import { readXml } from './envelope.ts';
import { getJob, keepComponent, nextJobId, saveJob, type Component } from './jobs.ts';
import { applyObject, removeField, removeObject } from './objects.ts';
import { findKind, KINDS } from './kinds.ts';

export interface DeployOptions {
  readonly checkOnly: boolean;
  readonly runTests: readonly string[];
}

interface Message {
  readonly componentType: string;
  readonly fileName: string;
  readonly fullName: string;
  readonly created: boolean;
  readonly changed: boolean;
  readonly deleted: boolean;
  readonly success: boolean;
  readonly problem?: string;
  readonly problemType?: 'Error' | 'Warning';
}

/**
 * Deploys a package: all its objects and fields in one transaction, and only then what is merely kept, so that a
 * package with a fault changes nothing. The outcome is stored; the caller asks for it by the id.
 */
export async function deploy(
  org: Org,
  session: Session,
  zip: Buffer,
  options: DeployOptions,
): Promise<string> {
  const id = await nextJobId(org.pool, 'deploy');
  const started = new Date(org.clock.now()).toISOString();
  const messages = await deployAll(org, zip, options);
  const finished = new Date(org.clock.now()).toISOString();
  const failures = messages.filter(({ success }) => !success);
  const result = {
    checkOnly: options.checkOnly,
    completedDate: finished,
    createdBy: session.userId,
    createdByName: session.username,
    createdDate: started,
    details: {
      componentFailures: failures,
      componentSuccesses: messages.filter(({ success }) => success),
      // No Apex runs here, so no test does: a caller who asked for some sees that none was completed.
      runTestResult: { numFailures: 0, numTestsRun: 0, totalTime: 0 },
    },
    done: true,
    id,
    ignoreWarnings: true,
    lastModifiedDate: finished,
    numberComponentErrors: failures.length,
    numberComponentsDeployed: messages.length - failures.length,
    numberComponentsTotal: messages.length,
    numberTestErrors: 0,
    numberTestsCompleted: 0,
    numberTestsTotal: options.runTests.length,
    rollbackOnError: true,
    runTestsEnabled: options.runTests.length > 0,
    startDate: started,
    status: failures.length === 0 ? 'Succeeded' : 'Failed',
    success: failures.length === 0,
  };
  await saveJob(org, 'deploy', { id, result, zip });
  return id;
}

/** Deploys again what was validated before. */
export async function deployValidated(org: Org, session: Session, id: string): Promise<string> {
  const job = await getJob(org, 'deploy', id);
  if (job.zip === null || job.result['checkOnly'] !== true || job.result['success'] !== true) {
    throw new SalesforceError('INVALID_ID_FIELD', `${id} is no successful validation`);
  }
  return deploy(org, session, job.zip, { checkOnly: false, runTests: [] });
}

async function deployAll(
  org: Org,
  zip: Buffer,
  options: DeployOptions,
): Promise<readonly Message[]> {
  const files = await unzip(zip);
  const messages: Message[] = [];
  const components: Component[] = [];
  try {
    await changeSchema(
      org,
      (draft, schema) => {
        for (const [path, body] of files) {
          if (/(^|\/)objects\/[^/]+\.object$/.test(path)) {
            messages.push(
              attempt(
                path,
                'CustomObject',
                nameOf(path),
                () =>
                  applyObject(draft, schema, {
                    fullName: nameOf(path),
                    metadata: rootOf(body, 'CustomObject'),
                    mode: 'upsert',
                  }).created,
              ),
            );
          } else if (/(^|\/)destructiveChanges(Pre|Post)?\.xml$/.test(path)) {
            messages.push(
              ...destroy(path, body, (type, name) => {
                if (type === 'CustomObject') removeObject(draft, name);
                else if (type === 'CustomField') removeField(draft, name);
                else
                  throw new SalesforceError(
                    'INVALID_INPUT',
                    `The sandbox org does not delete metadata of type ${type}`,
                  );
              }),
            );
          } else if (!/(^|\/)package\.xml$/.test(path) && !path.endsWith('-meta.xml')) {
            components.push(componentOf(path, body, messages));
          }
        }
        if (messages.some(({ success }) => !success)) throw new Stopped();
      },
      { checkOnly: options.checkOnly },
    );
  } catch (error) {
    if (error instanceof Stopped) return messages;
    if (!(error instanceof SalesforceError)) throw error;
    return [...messages, failure('package.xml', '', 'package.xml', error.message)];
  }
  for (const component of components) {
    const created = options.checkOnly || (await keepComponent(org, component));
    messages.push({
      ...success(component.fileName, component.type, component.fullName, created),
      problem: `${component.type} is kept, and does nothing in the sandbox org`,
      problemType: 'Warning',
    });
  }
  return messages;
}

/** Ends the transaction without a change; the messages say why. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

function attempt(fileName: string, type: string, fullName: string, work: () => boolean): Message {
  try {
    return success(fileName, type, fullName, work());
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return failure(fileName, type, fullName, error.message);
  }
}

function success(
  fileName: string,
  componentType: string,
  fullName: string,
  created: boolean,
): Message {
  return {
    componentType,
    fileName,
    fullName,
    created,
    changed: !created,
    deleted: false,
    success: true,
  };
}

function failure(
  fileName: string,
  componentType: string,
  fullName: string,
  problem: string,
): Message {
  return {
    componentType,
    fileName,
    fullName,
    created: false,
    changed: false,
    deleted: false,
    success: false,
    problem,
    problemType: 'Error',
  };
}

const Package = z.looseObject({
  types: z
    .array(z.object({ name: z.string(), members: z.array(z.string()).optional() }))
    .optional(),
});

function destroy(
  path: string,
  body: Buffer,
  remove: (type: string, name: string) => void,
): readonly Message[] {
  const parsed = Package.safeParse(rootOf(body, 'Package'));
  const types = parsed.success ? (parsed.data.types ?? []) : [];
  return types.flatMap(({ name: type, members = [] }) =>
    members.map((member) => {
      const message = attempt(path, type, member, () => {
        remove(type, member);
        return false;
      });
      return { ...message, changed: false, deleted: message.success };
    }),
  );
}

function rootOf(body: Buffer, root: string): unknown {
  const document = readXml(body.toString('utf8'));
  return typeof document === 'object' && document !== null
    ? Object.entries(document).find(([name]) => name === root)?.[1]
    : undefined;
}

function nameOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.[^.]+$/, '');
}

function componentOf(path: string, body: Buffer, messages: Message[]): Component {
  const kind = findKind(path);
  if (kind === undefined)
    messages.push(
      failure(
        path,
        '',
        path,
        `Unknown metadata: the sandbox org knows the folders ${KINDS.map(({ folder }) => folder).join(', ')}`,
      ),
    );
  const within = path
    .split('/')
    .slice(path.split('/').lastIndexOf(kind?.folder ?? '') + 1)
    .join('/');
  return {
    type: kind?.type ?? '',
    fullName: within.replace(/\.[^./]+$/, ''),
    fileName: path,
    body,
  };
}

/** The files of a zip, folders left out; a bomb is refused by what it would become. */
async function unzip(zip: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const archive = await JSZip.loadAsync(zip).catch((cause: unknown) => {
    throw new SalesforceError('INVALID_INPUT', 'The package is no zip archive', { cause });
  });
  const entries = Object.values(archive.files).filter(({ dir }) => !dir);
  if (entries.length > METADATA_FILES_MAX)
    throw new SalesforceError(
      'LIMIT_EXCEEDED',
      `Maximum number of files in request exceeded: ${METADATA_FILES_MAX}`,
    );
  const files = new Map<string, Buffer>();
  let total = 0;
  for (const entry of entries) {
    const body = await entry.async('nodebuffer');
    total += body.length;
    if (total > METADATA_UNZIPPED_BYTES_MAX)
      throw new SalesforceError('LIMIT_EXCEEDED', 'Maximum size of request reached');
    files.set(entry.name, body);
  }
  return files;
}
