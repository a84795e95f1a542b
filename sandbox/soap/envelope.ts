import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import { faultType, malformed, type SoapFault } from './fault.ts';
import { XML_DEPTH_MAX } from './limits.ts';

/** A parsed element: its text, or its children by local name; an element that comes several times is a list. */
export type Element = string | ElementMap | readonly Element[];
export interface ElementMap {
  readonly [name: string]: Element;
}

/** A SOAP call: the headers, the operation's name and its arguments. */
export interface SoapCall {
  readonly headers: ElementMap;
  readonly operation: string;
  readonly args: ElementMap;
}

const ElementShape: z.ZodType<Element> = z.lazy(() =>
  z.union([z.string(), z.array(ElementShape), z.record(z.string(), ElementShape)]),
);
const Parts = z.record(z.string(), ElementShape);
const Envelope = z.object({
  Envelope: z.object({ Header: z.union([Parts, z.string()]).optional(), Body: Parts }),
});

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** @throws SoapFault MALFORMED_MESSAGE */
export function parseCall(xml: string): SoapCall {
  // No SOAP message has a document type; an entity of one could grow without end, or read a file.
  if (/<!DOCTYPE/i.test(xml)) throw malformed('a document type is not allowed');
  if (depthOf(xml) > XML_DEPTH_MAX) throw malformed('it is nested too deep');
  const parsed = Envelope.safeParse(parseXml(xml));
  if (!parsed.success) throw malformed('it has no envelope with a body');
  const { Header: header, Body: body } = parsed.data.Envelope;
  const [operation, args] = Object.entries(body).find(([name]) => !name.startsWith('@')) ?? [];
  if (operation === undefined) throw malformed('its body is empty');
  return {
    headers: typeof header === 'object' ? header : {},
    operation,
    args: args === undefined ? {} : mapOf(args),
  };
}

function parseXml(xml: string): unknown {
  try {
    return parser.parse(xml, true);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it is not XML');
  }
}

function depthOf(xml: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [tag] of xml.matchAll(/<\/?[A-Za-z_][^>]*>/g)) {
    if (tag.startsWith('</')) depth -= 1;
    else if (!tag.endsWith('/>')) depth += 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The children of an element; none for one that holds text. */
export function mapOf(element: Element | undefined): ElementMap {
  return typeof element === 'object' && !isList(element) ? element : {};
}

/** An element as a list, however often it came. */
export function listOf(element: Element | undefined): readonly Element[] {
  if (element === undefined || element === '') return [];
  return isList(element) ? element : [element];
}

/** An element's text; undefined when it is absent or nil. */
export function textOf(element: Element | undefined): string | undefined {
  const one =
    element !== undefined && typeof element === 'object' && isList(element) ? element[0] : element;
  if (one === undefined || typeof one === 'string') return one;
  const { '@nil': nil, '#text': text } = mapOf(one);
  return nil === 'true' || typeof text !== 'string' ? undefined : text;
}

export function textsOf(element: Element | undefined): readonly string[] {
  return listOf(element).flatMap((item) => textOf(item) ?? []);
}

export function isList(element: Element): element is readonly Element[] {
  return Array.isArray(element);
}

/** What an answer is built of: elements by name in order; names that begin with `@` are attributes. */
export type Xml =
  string | number | boolean | null | readonly Xml[] | { readonly [name: string]: Xml | undefined };

export const NIL: Xml = { '@xsi:nil': 'true' };

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
  // Else xsi:nil="true" would lose its value.
  suppressBooleanAttributes: false,
});

const APEX = 'http://soap.sforce.com/2006/08/apex';

export function buildAnswer(
  namespace: string,
  operation: string,
  {
    result,
    usage: { current, limit },
  }: {
    readonly result: Xml | undefined;
    readonly usage: { readonly current: number; readonly limit: number };
  },
): string {
  const body = { [`${operation}Response`]: result === undefined ? '' : { result: result } };
  return build(namespace, body, {
    LimitInfoHeader: { limitInfo: { current, limit, type: 'API REQUESTS' } },
    // Clients of the Apex API read the log of what ran; nothing did.
    ...(namespace === APEX ? { DebuggingInfo: { debugLog: '' } } : {}),
  });
}

export function buildFault(namespace: string, { code, message }: SoapFault): string {
  const type = `sf:${faultType(code)}`;
  return build(namespace, {
    'soapenv:Fault': {
      faultcode: `sf:${code}`,
      faultstring: `${code}: ${message}`,
      detail: {
        [type]: { '@xsi:type': type, 'sf:exceptionCode': code, 'sf:exceptionMessage': message },
      },
    },
  });
}

function build(namespace: string, body: Xml, header?: Xml): string {
  const kind = namespace.replace(/^urn:/, '');
  const envelope = {
    'soapenv:Envelope': {
      '@xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
      '@xmlns': namespace,
      '@xmlns:sf':
        body !== null && typeof body === 'object' && 'soapenv:Fault' in body
          ? `urn:fault.${kind}`
          : `urn:sobject.${kind}`,
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      ...(header === undefined ? {} : { 'soapenv:Header': header }),
      'soapenv:Body': body,
    },
  };
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build(envelope)}`;
}
