import { createHash } from 'node:crypto';
import { extname } from 'node:path';

import { present } from '../../../src/kit/assert.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';
import type { StoredRecord } from '../../store/rows.ts';

/** As long as the field is. */
const DEVELOPER_NAME_MAX = 80;

/** A version of a file: the first one makes the file's document, later ones become its newest. */
export const CONTENT_VERSION_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts, createRows) {
    for (const draft of drafts) describeFile(dml, draft);
    const first = drafts.filter(({ values }) => typeof values['ContentDocumentId'] !== 'string');
    if (first.length === 0) return;
    const ids = await createRows(
      dml,
      'ContentDocument',
      first.map(({ values }): StoredRecord => ({
        Title: values['Title'] ?? null,
        ContentSize: values['ContentSize'] ?? null,
        FileType: values['FileType'] ?? null,
        FileExtension: values['FileExtension'] ?? null,
      })),
    );
    for (const [index, { values }] of first.entries())
      values['ContentDocumentId'] = present(ids[index], 'document');
  },
  async afterCreate(dml, drafts, createRows) {
    const documents = drafts.map(({ values }) => values['ContentDocumentId']);
    const versions = drafts.map(({ id }) => id);
    await dml.client.query(OLDER_VERSIONS, [documents, versions]);
    await dml.client.query(NEWEST_VERSION, [documents, versions]);
    const published = drafts.filter(
      ({ values }) => typeof values['FirstPublishLocationId'] === 'string',
    );
    await createRows(
      dml,
      'ContentDocumentLink',
      published.map(({ values }): StoredRecord => ({
        ContentDocumentId: values['ContentDocumentId'] ?? null,
        LinkedEntityId: values['FirstPublishLocationId'] ?? null,
        ShareType: 'V',
      })),
    );
  },
};

/** A document of the classic kind is its creator's, and has a unique name made of its name, unless told otherwise. */
export const DOCUMENT_BEHAVIOUR: Behaviour = {
  beforeCreate(dml, drafts) {
    for (const { values } of drafts) {
      const name = values['Name'];
      values['AuthorId'] ??= dml.userId;
      values['DeveloperName'] ??= developerName(typeof name === 'string' ? name : '');
    }
    measureBodies(drafts);
    return Promise.resolve();
  },
  beforeUpdate(_dml, drafts) {
    measureBodies(drafts);
    return Promise.resolve();
  },
};

export const ATTACHMENT_BEHAVIOUR: Behaviour = {
  beforeCreate(_dml, drafts) {
    measureBodies(drafts);
    return Promise.resolve();
  },
  beforeUpdate(_dml, drafts) {
    measureBodies(drafts);
    return Promise.resolve();
  },
};

function measureBodies(drafts: readonly Draft[]): void {
  for (const { values } of drafts) {
    const body = values['Body'];
    if (typeof body === 'string') values['BodyLength'] = Buffer.byteLength(body, 'base64');
  }
}

/** `Brochure Q1.pdf` becomes `Brochure_Q1_pdf`: letters, digits and single underscores, a letter first. */
function developerName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '');
  return (/^[A-Za-z]/.test(plain) ? plain : `X${plain}`).slice(0, DEVELOPER_NAME_MAX);
}

function describeFile(dml: Dml, { values }: Draft): void {
  const path = values['PathOnClient'];
  const data = values['VersionData'];
  const name = typeof path === 'string' ? path : '';
  const extension = extname(name).slice(1);
  values['Title'] ??=
    name
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.[^.]*$/, '') ?? null;
  values['FileExtension'] = extension === '' ? null : extension;
  values['FileType'] = extension === '' ? 'UNKNOWN' : extension.toUpperCase().slice(0, 20);
  values['VersionNumber'] = '1';
  values['IsLatest'] = true;
  values['ContentModifiedDate'] = dml.stamp.toISOString();
  values['ContentModifiedById'] = dml.userId;
  if (typeof data !== 'string') return;
  const bytes = Buffer.from(data, 'base64');
  values['ContentSize'] = bytes.length;
  values['Checksum'] = createHash('md5').update(bytes).digest('hex');
}

const OLDER_VERSIONS = `/* olderVersions */
update org.contentversion set islatest = false
 where contentdocumentid = any($1::text[]) and not id = any($2::text[]) and islatest`;

const NEWEST_VERSION = `/* newestVersion */
update org.contentdocument as document
   set latestpublishedversionid = newest.version
  from unnest($1::text[], $2::text[]) as newest(document, version)
 where document.id = newest.document`;
