import { z } from 'zod';

import type { Org } from '../../../sandbox/org.ts';
import { deployFiles } from './deploy.ts';

const NAMESPACES =
  'xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"';

/** A document of the Metadata API. */
export function metadataXml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} ${NAMESPACES}>${content}</${root}>`;
}

const Failure = z.looseObject({ fullName: z.string(), problem: z.string() });

/** Deploys a package as the administrator; resolves to what was refused, as `name: problem`. */
export async function deploy(
  org: Org,
  members: Readonly<Record<string, readonly string[]>>,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { details } = await deployFiles(org, members, files);
  return z
    .array(Failure)
    .parse(details.componentFailures)
    .map(({ fullName, problem }) => `${fullName}: ${problem}`);
}
