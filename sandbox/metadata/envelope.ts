import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { inOrder } from './applied.ts';
import { XML_DEPTH_MAX } from './limits.ts';

const METADATA = 'http://soap.sforce.com/2006/04/metadata';

/** Elements that stand for lists, even when there is one of them. */
const LISTS: ReadonlySet<string> = new Set([
  'fields',
  'fullNames',
  'recordTypes',
  'valueSettings',
  'listViews',
  'members',
  'metadata',
  'packageNames',
  'picklistValues',
  'queries',
  'runTests',
  'specificFiles',
  'types',
  'validationRules',
  'value',
]);

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  trimValues: true,
  isArray: (name, _path, _leaf, attribute) => !attribute && LISTS.has(name),
});
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: false,
  suppressBooleanAttributes: false,
});

/** Files are laid out as Salesforce's are, so that those of two orgs can be compared. */
const fileBuilder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  format: true,
  indentBy: '    ',
});

const Envelope = z.object({
  Envelope: z.object({
    Header: z
      .union([
        z.string(),
        z.looseObject({ SessionHeader: z.looseObject({ sessionId: z.string() }).optional() }),
      ])
      .optional(),
    Body: z.record(z.string(), z.unknown()),
  }),
});

export interface Call {
  readonly sessionId: string | undefined;
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const Parameters = z.record(z.string(), z.unknown());

/** The call in a SOAP envelope. */
export function readCall(text: string): Call {
  const parsed = Envelope.safeParse(readXml(text));
  if (!parsed.success)
    throw new SalesforceError('INVALID_INPUT', 'The request is no SOAP envelope');
  const { Header, Body } = parsed.data.Envelope;
  const [entry] = Object.entries(Body).filter(([name]) => !name.startsWith('@'));
  if (entry === undefined) throw new SalesforceError('INVALID_INPUT', 'The SOAP body is empty');
  const parameters = Parameters.safeParse(entry[1]);
  return {
    sessionId: typeof Header === 'object' ? Header.SessionHeader?.sessionId : undefined,
    method: entry[0],
    parameters: parameters.success ? parameters.data : {},
  };
}

/** XML that cannot be read, and where. */
export class MalformedXml extends SalesforceError {
  readonly place: { readonly lineNumber?: number; readonly columnNumber?: number };

  constructor(reason: string, place: MalformedXml['place'] = {}) {
    super('INVALID_INPUT', `Error parsing file: ${reason}`);
    this.place = place;
  }
}

/**
 * A document as plain values: text, records and lists; `xsi:nil` is null; attributes are gone but `xsi:type`, as `@type`.
 * @throws MalformedXml
 */
export function readXml(text: string): unknown {
  // Nothing of Salesforce has a document type; an entity of one could grow without end, or read a file.
  if (/<!DOCTYPE/i.test(text)) throw new MalformedXml('a document type is not allowed');
  if (depthOf(text) > XML_DEPTH_MAX) throw new MalformedXml('it is nested too deep');
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { msg, line, col } = valid.err;
    throw new MalformedXml(msg, { lineNumber: line, columnNumber: col });
  }
  return plain(parser.parse(text));
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [tag] of text.matchAll(/<\/?[A-Za-z_][^>]*>/g)) {
    if (tag.startsWith('</')) depth -= 1;
    else if (!tag.endsWith('/>')) depth += 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** What stands below a document's one element; undefined when that has another name. */
export function rootOf(document: unknown, root: string): unknown {
  return typeof document === 'object' && document !== null
    ? Object.entries(document).find(([name]) => name === root)?.[1]
    : undefined;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (
    entries.some(([name, content]) => name === '@nil' && (content === 'true' || content === true))
  )
    return null;
  const kept = entries.filter(
    ([name]) => name === '@type' || !(name.startsWith('@') || name.startsWith('?')),
  );
  const [only] = kept;
  if (kept.length === 1 && only?.[0] === '#text') return only[1];
  return Object.fromEntries(kept.map(([name, content]) => [name, plain(content)]));
}

/** The answer's envelope. `result` is a value, or a list of values of one method. */
export function answerXml(method: string, result: unknown): string {
  return envelope({
    [`${method}Response`]: {
      '@xmlns': METADATA,
      ...(result === undefined ? {} : { result: dressed(result) }),
    },
  });
}

export function faultXml(code: string, message: string): string {
  const text = `${code}: ${message}`;
  return envelope({ 'soapenv:Fault': { faultcode: `sf:${code}`, faultstring: text } });
}

function envelope(body: Readonly<Record<string, unknown>>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build({
    'soapenv:Envelope': {
      '@xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
      '@xmlns:sf': METADATA,
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'soapenv:Body': body,
    },
  })}`;
}

/** A whole document of the Metadata API, such as an object's file or package.xml. */
export function documentXml(root: string, content: Readonly<Record<string, unknown>>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${fileBuilder.build({ [root]: { '@xmlns': METADATA, ...record(dressed(inOrder(content))) } })}`;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** Undefined values are left out, null ones are `xsi:nil`, types are `xsi:type`. */
function dressed(value: unknown): unknown {
  if (value === null) return { '@xsi:nil': 'true' };
  if (Array.isArray(value)) return value.map(dressed);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, content]) => content !== undefined)
      .map(([name, content]) =>
        name === '@type' ? ['@xsi:type', content] : [name, dressed(content)],
      ),
  );
}
