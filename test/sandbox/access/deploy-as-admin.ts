import JSZip from 'jszip';
import { z } from 'zod';

import { DeployOptions, queueDeploy, runDeploy } from '../../../sandbox/metadata/deploy.ts';
import { claimJob, getJob } from '../../../sandbox/metadata/jobs.ts';
import type { Org } from '../../../sandbox/org.ts';

const Result = z.object({
  details: z.object({
    componentFailures: z.array(z.looseObject({ fullName: z.string(), problem: z.string() })),
  }),
});

const METADATA = 'xmlns="http://soap.sforce.com/2006/04/metadata"';

/** A document of the Metadata API. */
export function metadataXml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} ${METADATA}>${content}</${root}>`;
}

/** Deploys a package as the administrator; resolves to what was refused, as `name: problem`. */
export async function deploy(
  org: Org,
  members: Readonly<Record<string, readonly string[]>>,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const zip = new JSZip();
  const types = Object.entries(members).map(
    ([name, names]) =>
      `<types>${names.map((member) => `<members>${member}</members>`).join('')}<name>${name}</name></types>`,
  );
  zip.file('package.xml', metadataXml('Package', `${types.join('')}<version>60.0</version>`));
  for (const [path, body] of Object.entries(files)) zip.file(path, body);
  const bytes = await zip.generateAsync({ type: 'nodebuffer' });
  const session = {
    userId: org.adminUserId,
    orgId: org.orgId,
    username: 'admin@landbridge.example',
    profileId: org.adminProfileId,
    clientId: null,
    scopes: [],
    accessToken: '',
  };
  const id = await queueDeploy(org, session, bytes, DeployOptions.parse({}));
  const job = await claimJob(org.pool);
  if (job?.id !== id) throw new Error('another deploy is under way');
  await runDeploy(org, job);
  const { result } = await getJob(org, 'deploy', id);
  return Result.parse(result).details.componentFailures.map(
    ({ fullName, problem }) => `${fullName}: ${problem}`,
  );
}
