import {
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';

import {
  pathText,
  readMappingFile,
  type FileFault,
  type FilePath,
  type FileReading,
} from './core/mapping-file.ts';
import { fault } from './faults.ts';
import { MAPPING_FILE_BYTES_MAX } from './limits.ts';

/** A fault of a mapping file with the line a person finds it at. */
export interface PlacedFault {
  readonly code: FileFault['code'];
  /** `$.mappings[0].config.fields.Email` */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface MappingText {
  readonly reading: FileReading;
  /** Adds to each fault where in the text it is. */
  place(faults: readonly FileFault[]): readonly PlacedFault[];
}

/**
 * Reads the text of a mapping file. What is not JSON has no mappings, and a fault for each place where it is not.
 */
export function readMappingText(text: string): MappingText {
  if (Buffer.byteLength(text, 'utf8') > MAPPING_FILE_BYTES_MAX) {
    throw fault(
      'MAPPING_FILE_REFUSED',
      `The mapping file is larger than ${MAPPING_FILE_BYTES_MAX} bytes.`,
    );
  }
  const json = text.replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const tree = parseTree(json, errors, { disallowComments: true });
  if (tree === undefined || errors.length > 0) return notJson(json, errors);
  const value: unknown = getNodeValue(tree);
  const reading = readMappingFile(value);
  const place = (faults: readonly FileFault[]): readonly PlacedFault[] =>
    faults.map((found) => ({
      code: found.code,
      path: pathText(found.path),
      ...position(json, offsetOf(tree, found.path)),
      message: found.message,
    }));
  return { reading: { ...reading, faults: [...repeatedKeys(tree, []), ...reading.faults] }, place };
}

/** The refusal of a file, which lists every fault found. */
export function refuseMappingFile(faults: readonly PlacedFault[]): Error {
  const [first] = faults;
  const more = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
  return fault(
    'MAPPING_FILE_REFUSED',
    first === undefined
      ? 'The mapping file was refused.'
      : `The mapping file was refused, and nothing of it was created: line ${first.line}, ${first.path}: ${first.message}${more === '' ? '' : ` (${more.trim()})`} Correct the file and import it again.`,
    { details: { faults } },
  );
}

function notJson(json: string, errors: readonly ParseError[]): MappingText {
  const found = errors.length > 0 ? errors : [undefined];
  const faults = found.map((error) => ({
    offset: error?.offset ?? 0,
    fault: {
      code: 'NOT_JSON',
      path: [],
      message: `The text is not JSON here: ${error === undefined ? 'it is empty' : words(printParseErrorCode(error.error))}.`,
    } as const,
  }));
  return {
    reading: { faults: faults.map((entry) => entry.fault), mappings: [] },
    place: () =>
      faults.map((entry) => ({
        code: entry.fault.code,
        path: '$',
        ...position(json, entry.offset),
        message: entry.fault.message,
      })),
  };
}

/** `PropertyNameExpected` as words: `property name expected`. */
function words(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

/** JSON lets an object have a key twice, and the last one wins; in a mapping file that is a mistake. */
function repeatedKeys(node: Node, path: FilePath): readonly FileFault[] {
  if (node.type === 'array') {
    return (node.children ?? []).flatMap((child, index) => repeatedKeys(child, [...path, index]));
  }
  if (node.type !== 'object') return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) return [];
    const name = String(getNodeValue(key));
    const at = [...path, name];
    const repeated = seen.has(name)
      ? [{ code: 'DUPLICATE_KEY', path: at, message: `${name} stands here twice.` } as const]
      : [];
    seen.add(name);
    return [...repeated, ...repeatedKeys(value, at)];
  });
}

/** Where the path leads, or the nearest thing around it: a missing key is a fault of the object that lacks it. */
function offsetOf(tree: Node, path: FilePath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node !== undefined)
      return node.parent?.type === 'property' ? node.parent.offset : node.offset;
  }
  return tree.offset;
}

function position(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
