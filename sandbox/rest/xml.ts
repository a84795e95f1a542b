import type { IncomingHttpHeaders } from 'node:http';

import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import type { RestRequest } from './request.ts';

type Json = z.infer<ReturnType<typeof z.json>>;

/** Parents by their keys are one element inside a record's; nothing is nested deeper. */
const DEPTH_MAX = 4;

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
});

export function isXml(contentType: string | undefined): boolean {
  return /\bxml\b/i.test(contentType ?? '');
}

/** An external id in a path may end as it likes: only shorter paths say by their ending how they are to be answered. */
const ENDING = /^(?:\/services\/data\/v\d+\.\d(?:\/[^/?]+){0,3})\.(xml|json)(?=\?|$)/i;

/** Whether the answer is to be XML: by the ending of the path, else by what the caller accepts first. */
export function wantsXml(url: string, headers: Pick<IncomingHttpHeaders, 'accept'>): boolean {
  const ending = ENDING.exec(url)?.[1]?.toLowerCase();
  if (ending !== undefined) return ending === 'xml';
  return /^\s*(?:application|text)\/xml\b/i.test(headers.accept ?? '');
}

/** A path without the ending that says how it is to be answered. */
export function withoutEnding(url: string): string {
  const [whole = '', ending] = ENDING.exec(url) ?? [];
  return ending === undefined
    ? url
    : `${whole.slice(0, -ending.length - 1)}${url.slice(whole.length)}`;
}

/** A record in XML as cells of text, parents by their keys as `Account.Key__c`. */
export function parseRecordXml(text: string): Readonly<Record<string, string | null>> {
  if (/<!DOCTYPE/i.test(text)) throw malformed('a document type is not allowed');
  const [root] = Object.values(parseXml(text));
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return {};
  return Object.fromEntries(cellsOf(root, '', 1));
}

function parseXml(text: string): object {
  try {
    const parsed: unknown = parser.parse(text, true);
    return Object(parsed);
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'it is not XML');
  }
}

function cellsOf(element: object, prefix: string, depth: number): [string, string | null][] {
  if (depth > DEPTH_MAX) throw malformed('it is nested too deep');
  return Object.entries(element).flatMap(([name, value]: [string, unknown]) => {
    if (name.startsWith('@') || name === '#text') return [];
    if (typeof value === 'string') return [[`${prefix}${name}`, value === '' ? null : value]];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw notBuilt(`the element ${name} in XML bodies of REST: send application/json`);
    }
    if ('@nil' in value) return [[`${prefix}${name}`, null]];
    if ('#text' in value) return [[`${prefix}${name}`, String(value['#text'])]];
    return cellsOf(value, `${prefix}${name}.`, depth + 1);
  });
}

function malformed(reason: string): SalesforceError {
  return new SalesforceError('XML_PARSER_ERROR', `The XML body cannot be read: ${reason}`);
}

/** An answer as XML. Salesforce names its root after what it is. */
export function toXml(body: unknown, request: Pick<RestRequest, 'segments' | 'method'>): string {
  const json = z.json().parse(JSON.parse(JSON.stringify(body)));
  const xml = builder.build({ [rootOf(json, request)]: nodeOf(unwrapped(json)) });
  return `<?xml version="1.0" encoding="UTF-8"?>${xml}`;
}

/** Refusals as XML. */
export function errorsXml(errors: readonly SalesforceError[]): string {
  const list = errors.map(({ errorCode, message, fields }) => ({
    errorCode,
    ...(fields.length === 0 ? {} : { fields: [...fields] }),
    message,
  }));
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build({ Errors: { Error: list } })}`;
}

function rootOf(
  json: Json,
  { segments, method }: Pick<RestRequest, 'segments' | 'method'>,
): string {
  const [family = '', ...rest] = segments.map((part) => part.toLowerCase());
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    const { attributes } = json;
    const type = typeof attributes === 'object' && attributes !== null ? attributes : {};
    if ('type' in type && typeof type.type === 'string') return type.type;
    if ('searchRecords' in json) return 'SearchResult';
  }
  if (family === '') return 'urls';
  if (family === 'query' || family === 'queryall') return 'QueryResult';
  if (family === 'limits') return 'LimitsSnapshot';
  if (family === 'sobjects' && rest.length === 0) return 'DescribeGlobal';
  if (family === 'sobjects' && rest.at(1) === 'describe') return 'DescribeSObject';
  if (method === 'POST' || method === 'PATCH') return Array.isArray(json) ? 'Results' : 'Result';
  return Array.isArray(json) ? 'Results' : 'Response';
}

function unwrapped(json: Json): Json {
  return Array.isArray(json) ? { Result: json } : json;
}

/** Attributes of a record become those of its element, null an empty element that says so. */
function nodeOf(json: Json): unknown {
  if (json === null)
    return { '@xsi:nil': 'true', '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance' };
  if (Array.isArray(json)) return json.map(nodeOf);
  if (typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, value]): [string, unknown][] =>
      name === 'attributes' && typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([key, text]) => [`@${key}`, text])
        : [[name, nodeOf(value)]],
    ),
  );
}
