import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { ApiClient } from './api-client.ts';
import { connectOrg } from './connect-org.ts';
import { buildApp, folderVersion, setUpApp } from './deploy-folder.ts';
import type { Secrets } from './home.ts';
import { addExternalContactId, openOrgSession, type OrgSession } from './org-client.ts';
import type { StartConfig } from './start-config.ts';
import { terminal } from './terminal.ts';

const APP = 'contact-card';

export interface SetUpOptions {
  readonly config: StartConfig;
  readonly secrets: Secrets;
  readonly root: string;
  readonly signal: AbortSignal;
}

export interface Made {
  readonly org: OrgSession;
  /** The sample app's database, once it is deployed. */
  readonly databaseUrl: string | undefined;
  readonly appUrl: string | undefined;
  /** What the set-up adds to `$LANDBRIDGE_HOME/env`. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Brings the sample app to life: the org's external id field, the deployed app with its database, the authorized
 * connection, the imported mapping. Each step looks first whether it has been done, so a start that was killed in the
 * middle goes on where it was.
 */
export async function setUp({ config, secrets, root }: SetUpOptions): Promise<Made> {
  const orgUrl = `http://127.0.0.1:${config.ports.org}`;
  const credentials = { clientId: secrets.orgClientId, clientSecret: secrets.orgClientSecret };
  const org = await openOrgSession(orgUrl, credentials);
  const variables = {
    SF_ACCESS_TOKEN: org.accessToken,
    SF_USERNAME: org.username,
    SF_PASSWORD: secrets.orgPassword,
  };
  if (!config.sample) return { org, databaseUrl: undefined, appUrl: undefined, variables };

  await addExternalContactId(org);
  const api = new ApiClient(`http://localhost:${config.ports.platform}`, secrets.apiKey);
  await deploySample(api, config.home, join(root, 'sample-apps', APP));
  const mappings: unknown = JSON.parse(
    await readFile(join(root, 'mappings', 'contact-card.json'), 'utf8'),
  );
  await terminal.step('Connect: contacts and accounts in sync', () =>
    connectOrg(api, { app: APP, mappings, orgUrl, ...credentials }),
  );
  const configVars = await api.send(`/apps/${APP}/config-vars`, {
    answer: z.record(z.string(), z.string()),
  });
  const databaseUrl = configVars['DATABASE_URL'];
  return {
    org,
    databaseUrl,
    appUrl: `http://${APP}.localhost:${config.ports.apps}`,
    variables: databaseUrl === undefined ? variables : { ...variables, DATABASE_URL: databaseUrl },
  };
}

const App = z.object({ name: z.string() });
const Release = z.object({ slug: z.object({ id: z.string() }).nullish() });

async function deploySample(api: ApiClient, home: string, folder: string): Promise<void> {
  const version = await folderVersion(folder);
  const marker = join(home, `${APP}.deployed`);
  const deployed = await readFile(marker, 'utf8').catch(() => '');
  const app = await api.find(`/apps/${APP}`, { answer: App });
  const releases =
    app === undefined ? [] : await api.send(`/apps/${APP}/releases`, { answer: z.array(Release) });
  const hasSlug = releases.some(({ slug }) => slug !== null && slug !== undefined);
  if (hasSlug && deployed === version) return;
  await terminal.step(`Deploy ${APP}`, async () => {
    if (app === undefined) await setUpApp(api, { app: APP, folder, version });
    else await buildApp(api, { app: APP, folder, version });
  });
  await writeFile(`${marker}.new`, version);
  await rename(`${marker}.new`, marker);
}
