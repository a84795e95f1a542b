import { unreachable } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { columnName } from '../store/layout.ts';
import { fieldValue, globalValue, ownRow, Rows, type Source } from './fields.ts';
import { FUNCTIONS, NOT_HERE } from './functions.ts';
import { named } from './functions/logic.ts';
import type { FunctionRule, Place } from './functions/rule.ts';
import { COMPILED_BYTES_MAX } from './limits.ts';
import { compileOperator, nullOf } from './operators.ts';
import { parseFormula, type Expression } from './parse.ts';
import { FormulaProblem, noSuchField, picklistProblem, wrongCount, wrongType } from './problem.ts';
import { literal } from './template.ts';
import { anyFault, type Kind, type Value } from './value.ts';

export interface FormulaOptions {
  readonly schema: Schema;
  /** Whose rows the formula is about; a default value is about none. */
  readonly object: ObjectDef | undefined;
  readonly place: Place;
  /** Blank numbers count as 0. */
  readonly blanksAreZero: boolean;
  /** The field that the formula is of, which it may not refer to. */
  readonly of?: FieldDef;
}

export interface Compiled {
  readonly value: Value;
  /** The joins behind the formula's own row. */
  readonly joins: string;
  /** The fields it reads, also through other formulas: `account.name`, in lower case. */
  readonly reads: ReadonlySet<string>;
}

/**
 * Compiles a formula to SQL over the org's tables. A formula that it refers to is compiled in its place, with the same
 * joins, so that parents are read once.
 * @throws FormulaProblem
 */
export function compileFormula(text: string, options: FormulaOptions): Compiled {
  const compiler = new Compiler(options);
  const { object, of } = options;
  const stack = object === undefined || of === undefined ? [] : [key(object, of)];
  const source = object === undefined ? undefined : ownRow(object);
  const { blanksAreZero } = options;
  const value = compiler.formula(text, { source, blanksAreZero, stack });
  return { value, joins: compiler.rows.joins, reads: compiler.reads };
}

function key(object: ObjectDef, field: FieldDef): string {
  return `${object.name}.${field.name}`.toLowerCase();
}

/** Whose text is being compiled. */
interface Scope {
  readonly source: Source | undefined;
  readonly blanksAreZero: boolean;
  /** The formulas that led here. */
  readonly stack: readonly string[];
}

class Compiler {
  readonly rows: Rows;
  readonly reads = new Set<string>();
  readonly #options: FormulaOptions;
  #bytes = 0;

  constructor(options: FormulaOptions) {
    this.#options = options;
    this.rows = new Rows(options.schema);
  }

  formula(text: string, scope: Scope): Value {
    const expression = parseFormula(text);
    this.#bytes += Buffer.byteLength(text.replaceAll(/\/\*[^]*?\*\/|\s+/g, ''));
    if (this.#bytes > COMPILED_BYTES_MAX) {
      throw new FormulaProblem(
        `Compiled formula is too big to execute (${this.#bytes.toLocaleString('en-US')} characters). Maximum size is ${COMPILED_BYTES_MAX.toLocaleString('en-US')} characters`,
      );
    }
    return this.#compile(expression, scope);
  }

  #compile(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case 'number':
        return { kind: 'Number', sql: `${expression.text}::numeric`, constant: expression.text };
      case 'string':
        return { kind: 'Text', sql: literal(expression.value), constant: expression.value };
      case 'boolean':
        return { kind: 'Boolean', sql: String(expression.value) };
      case 'null':
        return { kind: 'Null', sql: 'null' };
      case 'field':
        return this.#field(expression.name, scope);
      case 'sign':
        return negated(expression.operator, this.#compile(expression.of, scope));
      case 'binary': {
        const left = this.#compile(expression.left, scope);
        const right = this.#compile(expression.right, scope);
        return compileOperator(expression.operator, left, right);
      }
      case 'call':
        return this.#call(expression.name, expression.arguments, scope);
      default:
        return unreachable(expression);
    }
  }

  #call(name: string, given: readonly Expression[], scope: Scope): Value {
    const rule = FUNCTIONS.get(name);
    if (rule === undefined) {
      throw new FormulaProblem(
        NOT_HERE.has(name)
          ? `Function ${name} may not be used in this type of formula`
          : `Unknown function ${name}. Check spelling.`,
      );
    }
    if (rule.places?.includes(this.#options.place) === false) {
      throw new FormulaProblem(`Function ${name} may not be used in this type of formula`);
    }
    checkCount(name, rule, given.length);
    // A field that is blank is not 0 to the functions that ask whether it is blank or what it was before.
    const compiled = given.map((argument) => this.#compile(argument, scope));
    for (const [at, value] of compiled.entries()) checkKind(name, rule, at, value);
    const values = compiled.map((value, at) =>
      typedNull(value, rule.takes[at] ?? rule.takes.at(-1)),
    );
    if (rule.ofField === true && given[0]?.kind !== 'field') {
      throw new FormulaProblem(
        `Incorrect parameter for ${named(name)}. Expected field name reference.`,
      );
    }
    return rule.make({ name, values });
  }

  #field(name: string, scope: Scope): Value {
    const { schema } = this.#options;
    const steps = name.split('.');
    if (name.startsWith('$') && steps[0]?.toLowerCase() !== '$recordtype') {
      return this.#blank(globalValue(schema, name), scope);
    }
    if (scope.source === undefined) throw noSuchField(name);
    if (steps[0]?.startsWith('$') === true) steps[0] = 'RecordType';
    const source = this.rows.parent(scope.source, steps.slice(0, -1), name);
    const field = schema.findField(source.object, steps.at(-1) ?? '');
    if (field === undefined) throw noSuchField(name);
    this.reads.add(key(source.object, field));
    if (field.calculatedFormula !== null) {
      return this.#blank(this.#nested(field, source, scope), scope);
    }
    if (field.type === 'location') return this.#location(field, source, name);
    if (field.column === null) return fieldValue(field, 'null', name);
    return this.#blank(fieldValue(field, `${source.alias}.${columnName(field)}`, name), scope);
  }

  /** Another formula's value, computed where it is used. */
  #nested(field: FieldDef, source: Source, { stack }: Scope): Value {
    const own = key(source.object, field);
    if (stack.includes(own)) {
      throw new FormulaProblem(
        `Formula cannot use another formula field that directly or indirectly refers to itself. ${field.name}`,
      );
    }
    const value = this.formula(field.calculatedFormula ?? '', {
      source,
      blanksAreZero: field.formulaTreatNullNumberAsZero,
      stack: [...stack, own],
    });
    const { constant: _constant, ...computed } = value;
    return { ...computed, field };
  }

  #location(field: FieldDef, source: Source, name: string): Value {
    const part = (wanted: string): string => {
      const component = this.#options.schema.findField(
        source.object,
        field.components?.[wanted] ?? '',
      );
      if (component === undefined) throw noSuchField(name);
      return `(${source.alias}.${columnName(component)})::numeric`;
    };
    const place = { latitude: part('latitude'), longitude: part('longitude') };
    return { kind: 'Geolocation', sql: 'null', place, field };
  }

  #blank(value: Value, { blanksAreZero }: Scope): Value {
    if (!blanksAreZero || value.kind !== 'Number') return value;
    return { ...value, sql: `coalesce(${value.sql}, 0)` };
  }
}

function negated(operator: '+' | '-', value: Value): Value {
  if (value.kind !== 'Number' && value.kind !== 'Null') {
    throw wrongType(`operator '${operator}'`, ['Number'], value.kind);
  }
  return operator === '+'
    ? { kind: 'Number', sql: value.sql, fault: value.fault }
    : {
        kind: 'Number',
        sql: `(- ${value.kind === 'Null' ? 'null::numeric' : value.sql})`,
        fault: anyFault(value.fault),
      };
}

/** PostgreSQL must know what nothing is nothing of, where only one kind is taken. */
function typedNull(value: Value, takes: readonly Kind[] = []): Value {
  const [only, ...others] = takes;
  return value.kind !== 'Null' || only === undefined || others.length > 0
    ? value
    : { ...value, sql: nullOf(only) };
}

function checkCount(name: string, { takes, needs, more }: FunctionRule, given: number): void {
  if (given >= needs && (more === true || given <= takes.length)) return;
  throw wrongCount(named(name), given < needs ? needs : takes.length, given);
}

function checkKind(name: string, { takes }: FunctionRule, at: number, value: Value): void {
  const expected: readonly Kind[] = takes[at] ?? takes.at(-1) ?? [];
  // What CASE() takes is checked by itself: its parameters come in pairs.
  if (name === 'CASE' || value.kind === 'Null' || expected.includes(value.kind)) return;
  if (value.kind === 'Picklist' || value.kind === 'Multi-Select Picklist')
    throw picklistProblem(value.kind, value.field?.name ?? '');
  throw wrongType(named(name), expected, value.kind);
}
