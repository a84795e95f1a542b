import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { z } from 'zod';

import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { makeBusy } from '../support/busy-app.ts';
import { clientOf, type Client } from '../support/client.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

const FILE = join(import.meta.dirname, '../../../../shared/data/heroku-platform-schema.json');
const Schema = z.object({
  definitions: z.record(
    z.string(),
    z.looseObject({
      properties: z.record(z.string(), z.unknown()).optional(),
      links: z.array(z.object({ method: z.string(), href: z.string() })).optional(),
    }),
  ),
});
type Schema = z.infer<typeof Schema>;

/** The official schema, without what its validator stumbles on and what holds on heroku.com only. */
function readSchema(): Schema {
  const raw: unknown = JSON.parse(readFileSync(FILE, 'utf8'), (key, value: unknown) =>
    key === 'example' ? undefined : value,
  );
  const schema = Schema.parse(raw);
  const text = JSON.stringify({ definitions: schema.definitions })
    .replaceAll(/"pattern":"\^https:\/\/git[^"]*",?/g, '')
    .replaceAll(/"pattern":"\^https\?:\/\/[^"]*herokuapp[^"]*",?/g, '')
    // A host name is none of the URIs that its format asks for.
    .replaceAll('"format":"uri",', '')
    .replaceAll(/,}/g, '}');
  return Schema.parse(JSON.parse(text));
}

const present = existsSync(FILE);
(present ? describe : describe.skip)(
  present ? 'by the official schema' : 'by the official schema (skipped: ../shared/data is absent)',
  () => {
    let world: TestPlatform;
    let client: Client;
    let schema: Schema;
    let validator: Ajv.default;
    const ids: Record<string, string> = {};

    beforeAll(async () => {
      world = await createTestPlatform();
      client = clientOf(world.api, await world.account('owner@example.com'));
      await client.post('/apps', { name: 'shapely' }).expect(201);
      Object.assign(ids, await makeBusy(world.platform, 'shapely'));
      schema = readSchema();
      validator = new Ajv.default({
        strict: false,
        validateSchema: false,
        unicodeRegExp: false,
        allErrors: true,
      });
      addFormats.default(validator);
      validator.addSchema(schema, 'heroku');
    });

    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    function judge(definition: string, body: unknown): void {
      const properties = Object.keys(schema.definitions[definition]?.properties ?? {});
      expect(Object.keys(z.record(z.string(), z.unknown()).parse(body))).toEqual(
        expect.arrayContaining(properties),
      );
      const valid = validator.validate(`heroku#/definitions/${definition}`, body);
      expect([definition, valid ? [] : validator.errors]).toEqual([definition, []]);
    }

    test.each([
      ['account', '/account'],
      ['account', '/users/~'],
      ['app', '/apps/shapely'],
      ['release', '/apps/shapely/releases/2'],
      ['slug', '/apps/shapely/slugs/:slugId'],
      ['formation', '/apps/shapely/formation/web'],
      ['dyno', '/apps/shapely/dynos/run.1'],
      ['build', '/apps/shapely/builds/:buildId'],
      ['app-setup', '/app-setups/:setupId'],
      ['add-on', '/addons/:addonId'],
      ['add-on', '/apps/shapely/addons/DATABASE'],
      ['add-on-service', '/addon-services/heroku-postgresql'],
      ['plan', '/plans/heroku-postgresql:essential-0'],
      ['plan', '/addon-services/herokuconnect/plans/demo'],
      ['region', '/regions/us'],
      ['stack', '/stacks/heroku-24'],
      ['dyno-size', '/dyno-sizes/standard-1x'],
      ['collaborator', '/apps/shapely/collaborators/owner@example.com'],
      ['domain', '/apps/shapely/domains/shapely.localhost'],
    ])('a %s has every listed property, each of its type (%s)', async (definition, template) => {
      const path = template.replace(/:(\w+Id)/, (_, name: string) => ids[name] ?? '');
      const answer = await client.get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      judge(definition, answer.body);
    });

    test('an attachment has every listed property, and the plan that pg commands need', async () => {
      const { body } = await client.get('/apps/shapely/addon-attachments/DATABASE');
      expect(body).toMatchObject({
        name: 'DATABASE',
        config_vars: ['DATABASE_URL'],
        addon: { plan: { name: 'heroku-postgresql:essential-0' } },
      });
      const { plan: _plan, ...addon } = body.addon;
      judge('add-on-attachment', { ...body, addon });
    });

    test('lists hold the same bodies as the single things', async () => {
      for (const path of [
        '/apps',
        '/apps/shapely/releases',
        '/apps/shapely/formation',
        '/apps/shapely/dynos',
        '/apps/shapely/builds',
        '/apps/shapely/addons',
        '/apps/shapely/addon-attachments',
        '/apps/shapely/collaborators',
        '/addon-services',
        '/stacks',
        '/dyno-sizes',
      ]) {
        const answer = await client.get(path);
        expect([path, answer.status, answer.body.length > 0]).toEqual([path, 200, true]);
      }
    });

    test('what is created answers with the schema’s body too', async () => {
      const app = await client.post('/apps', { name: 'made-app' });
      judge('app', app.body);
      const source = await client.post('/sources');
      judge('source', source.body);
      const build = await client.post('/apps/made-app/builds', {
        source_blob: { url: source.body.source_blob.get_url },
      });
      judge('build', build.body);
      judge('log-session', (await client.post('/apps/made-app/log-sessions', { tail: true })).body);
      const addon = await client.post('/apps/made-app/addons', {
        plan: { name: 'heroku-postgresql:mini' },
      });
      expect(addon.body.state).toBe('provisioning');
      // The schema knows only text there; Heroku itself answers null.
      judge('add-on', { ...addon.body, provision_message: addon.body.provision_message ?? '' });
      judge('app', (await client.patch('/apps/made-app', { maintenance: true })).body);
      const [scaled] = (
        await client.patch('/apps/shapely/formation', {
          updates: [{ type: 'web', quantity: '+1', size: 'standard-1x' }],
        })
      ).body;
      expect(scaled).toMatchObject({ quantity: 2, size: 'Standard-1X' });
      judge('formation', scaled);
    });

    test('every route of the schema is offered or says by name that it is not', async () => {
      const links = Object.values(schema.definitions).flatMap(({ links = [] }) => links);
      expect(links.length).toBeGreaterThan(300);
      const nothing = '00000000-0000-4000-8000-000000000000';
      const silent: string[] = [];
      for (const { method, href } of links) {
        const template = href.replaceAll(/\{[^}]*\}/g, ':x');
        const offered = ENDPOINTS.some(
          (endpoint) =>
            endpoint.method.toUpperCase() === method &&
            endpoint.path.replaceAll(/:\w+/g, ':x') === template,
        );
        if (offered) continue;
        const verb = z.enum(['get', 'post', 'patch', 'put', 'delete']).parse(method.toLowerCase());
        const path = template.replaceAll(':x', nothing);
        const answer = await client[verb](path);
        const told =
          answer.status === 501 && String(answer.body.message).includes(`${method} ${path}`);
        // A route with a fixed last word may look like one with a name there; then it is not found.
        if (!told && answer.status !== 404) silent.push(`${method} ${template} ${answer.status}`);
      }
      expect(silent).toEqual([]);
    });
  },
);
