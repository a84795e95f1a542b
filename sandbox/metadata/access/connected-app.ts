import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { publicKeyOf } from '../../oauth/flows/jwt-bearer.ts';
import { ALL_SCOPES } from '../../oauth/scopes.ts';
import { hashPassword } from '../../oauth/secrets.ts';
import {
  deleteApp,
  findApp,
  findAppByName,
  saveApp,
  type ConnectedApp,
} from '../../oauth/store/apps.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { many } from '../../schema/xml-list.ts';
import type { Actor } from '../actors.ts';
import { findComponents } from '../components.ts';
import type { LiveType } from './live-type.ts';
import { findProfileId } from './profile.ts';
import { Flag, looseComponent, readComponent } from './xml.ts';

const AppXml = z.looseObject({
  label: z.string().max(80),
  oauthConfig: z
    .looseObject({
      callbackUrl: z.string().default(''),
      certificate: z.string().optional(),
      consumerKey: z
        .string()
        .regex(/^[A-Za-z0-9._]{8,256}$/, 'must have 8 to 256 letters and digits')
        .optional(),
      consumerSecret: z.string().min(8).optional(),
      isAdminApproved: Flag.default(false),
      isConsumerSecretOptional: Flag.default(false),
      isNamedUserJwtEnabled: Flag.default(false),
      isPkceRequired: Flag.default(false),
      isRefreshTokenRotationEnabled: Flag.default(false),
      oauthClientCredentialUser: z.string().optional(),
      scopes: many(z.string()),
    })
    .optional(),
  profileName: many(z.string()),
});

/** Names of scopes in metadata; the others are the same but for their case (`RefreshToken`: `refresh_token`). */
const SCOPES: Readonly<Record<string, string>> = {
  Basic: 'id',
  Chatter: 'chatter_api',
  OfflineAccess: 'refresh_token',
  VisualForce: 'visualforce',
};

function scopeOf(name: string): readonly string[] {
  const scope = SCOPES[name] ?? name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  // Salesforce has scopes for services that are not here; asking for them is asking for nothing.
  return ALL_SCOPES.includes(scope) ? [scope] : [];
}

/**
 * A deployed connected app is a client that can log users in: its key and secret as the file gives them, or made up (the
 * key is shown when the app is retrieved; a made-up secret is known to nobody).
 */
export const CONNECTED_APP_ACTOR: Actor = {
  async keep(write, component) {
    const { label, oauthConfig: config, profileName } = readComponent(component, AppXml);
    if (config === undefined) return 'An app without OAuth settings is kept, and does nothing';
    const { client } = write;
    const known = await findAppByName(client, component.fullName);
    const clientId =
      config.consumerKey ?? known?.clientId ?? `3MVG9${randomBytes(40).toString('hex')}`;
    const holder = await findApp(client, clientId);
    if (holder !== undefined && holder.developerName !== component.fullName) {
      throw new SalesforceError('DUPLICATE_VALUE', `Consumer Key is already in use: ${clientId}`);
    }
    if (known !== undefined && known.clientId !== clientId) {
      throw new SalesforceError(
        'INVALID_INPUT',
        'The consumer key of a connected app cannot be changed',
      );
    }
    const approvedProfiles = [];
    for (const name of profileName) {
      const id = await findProfileId(client, name);
      if (id === undefined)
        throw new SalesforceError(
          'INVALID_CROSS_REFERENCE_KEY',
          `In field: profileName - no Profile named ${name} found`,
        );
      approvedProfiles.push(id);
    }
    const app: ConnectedApp = {
      clientId,
      name: label,
      developerName: component.fullName,
      secretHash: await secretOf(config, known),
      callbackUrls: config.callbackUrl.split(/\s+/).filter((url) => url !== ''),
      scopes: [...new Set(config.scopes.flatMap(scopeOf))],
      pkceRequired: config.isPkceRequired,
      adminApprovedOnly: config.isAdminApproved,
      approvedUsers: known?.approvedUsers ?? [],
      approvedProfiles,
      certificate: config.certificate === undefined ? null : certificateOf(config.certificate),
      runAsUsername: config.oauthClientCredentialUser ?? null,
      rotatesRefreshTokens: config.isRefreshTokenRotationEnabled,
      refreshTokenLifetimeSeconds: known?.refreshTokenLifetimeSeconds ?? null,
      refreshTokenIdleSeconds: known?.refreshTokenIdleSeconds ?? null,
      sessionTimeoutSeconds: known?.sessionTimeoutSeconds ?? null,
      jwtAccessTokens: config.isNamedUserJwtEnabled,
    };
    await saveApp(client, app, write.now);
    await client.query(WITHOUT_SECRET, [component.fileName, withoutSecret(component.body)]);
    return undefined;
  },
  async drop({ client }, fullName) {
    const app = await findAppByName(client, fullName);
    if (app !== undefined) await deleteApp(client, app.clientId);
  },
};

async function secretOf(
  config: NonNullable<z.infer<typeof AppXml>['oauthConfig']>,
  known: ConnectedApp | undefined,
): Promise<string | null> {
  if (config.consumerSecret !== undefined) return hashPassword(config.consumerSecret);
  if (known !== undefined) return known.secretHash;
  return config.isConsumerSecretOptional ? null : hashPassword(randomBytes(32).toString('hex'));
}

/** In metadata a certificate stands without its frame, or in base64 with it. */
function certificateOf(text: string): string {
  const plain = text.includes('BEGIN')
    ? text
    : `-----BEGIN CERTIFICATE-----\n${text.trim()}\n-----END CERTIFICATE-----`;
  try {
    if (publicKeyOf(plain).asymmetricKeyType === 'rsa') return plain;
  } catch {
    // Named below.
  }
  throw new SalesforceError('INVALID_INPUT', 'certificate: must be the PEM of an RSA certificate');
}

/** The kept file must not hold the secret: of that, a hash is stored alone. */
const WITHOUT_SECRET = `/* withoutSecret */
update metadata_components set body = $2 where file_name = $1`;

function withoutSecret(body: Buffer): Buffer {
  return Buffer.from(
    body.toString('utf8').replaceAll(/\s*<consumerSecret>[^<]*<\/consumerSecret>/g, ''),
  );
}

export const CONNECTED_APPS: LiveType = {
  type: 'ConnectedApp',
  async names(pool) {
    return [
      ...new Set((await findComponents(pool, 'ConnectedApp')).map(({ fullName }) => fullName)),
    ];
  },
  async show(pool, fullName) {
    const component = (await findComponents(pool, 'ConnectedApp')).find(
      (kept) => kept.fullName.toLowerCase() === fullName.toLowerCase(),
    );
    if (component === undefined) return undefined;
    const content = looseComponent(component);
    const app = await findAppByName(pool, component.fullName);
    const config = z.record(z.string(), z.unknown()).safeParse(content['oauthConfig']).data;
    if (app === undefined || config === undefined) return content;
    return { ...content, oauthConfig: { ...config, consumerKey: app.clientId } };
  },
};
