import JSZip from 'jszip';
import { z } from 'zod';

import type { Org } from '../../../sandbox/org.ts';
import { DeployOptions, queueDeploy, runDeploy } from '../../../sandbox/metadata/deploy.ts';
import { claimJob, getJob } from '../../../sandbox/metadata/jobs.ts';

const Result = z.looseObject({
  success: z.boolean(),
  details: z.looseObject({ componentFailures: z.array(z.looseObject({ problem: z.string() })) }),
});

/** Deploys files of a package, by path, as the administrator; resolves to what became of it. */
export async function deployFiles(
  org: Org,
  members: Readonly<Record<string, readonly string[]>>,
  files: Readonly<Record<string, string>>,
): Promise<z.infer<typeof Result>> {
  const types = Object.entries(members).map(
    ([name, list]) =>
      `<types>${list.map((member) => `<members>${member}</members>`).join('')}<name>${name}</name></types>`,
  );
  const zip = new JSZip();
  zip.file(
    'unpackaged/package.xml',
    `<?xml version="1.0" encoding="UTF-8"?><Package xmlns="http://soap.sforce.com/2006/04/metadata">${types.join('')}<version>60.0</version></Package>`,
  );
  for (const [path, body] of Object.entries(files)) zip.file(`unpackaged/${path}`, body);
  const session = {
    userId: org.adminUserId,
    orgId: org.orgId,
    username: 'admin@landbridge.example',
    profileId: org.adminProfileId,
    clientId: null,
    scopes: [],
    accessToken: '',
  };
  const bytes = await zip.generateAsync({ type: 'nodebuffer' });
  const id = await queueDeploy(org, session, bytes, DeployOptions.parse({}));
  const job = await claimJob(org.pool);
  if (job?.id !== id) throw new Error('another job is under way');
  await runDeploy(org, job);
  return Result.parse((await getJob(org, 'deploy', id)).result);
}

/** A file of metadata. */
export function metadataXml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://soap.sforce.com/2006/04/metadata">${content}</${root}>`;
}
