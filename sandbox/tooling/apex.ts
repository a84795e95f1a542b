import { SalesforceError } from '../salesforce-error.ts';

/** What Apex's grammar says of a text that is no Apex, and where: lines and columns begin at 1. */
export interface ApexProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export type ApexUnit = 'class' | 'trigger' | 'anonymous';

/**
 * The first fault of the syntax; undefined for Apex that is well formed. Nothing is run, and names are not looked up. The
 * grammar takes some 50 MB, so it is loaded when the first Apex comes.
 */
export async function findApexProblem(
  unit: ApexUnit,
  text: string,
): Promise<ApexProblem | undefined> {
  const { ApexErrorListener, ApexParserFactory } = await import('@apexdevtools/apex-parser');
  class FirstFault extends ApexErrorListener {
    found: ApexProblem | undefined;

    apexSyntaxError(line: number, column: number, reason: string): void {
      this.found ??= {
        message: messageOf(reason, tokenAt(text, line, column)),
        line,
        column: column + 1,
      };
    }
  }
  const listener = new FirstFault();
  const { parser } = ApexParserFactory.createLexerAndParser(text, listener);
  if (unit === 'class') parser.compilationUnit();
  else if (unit === 'trigger') parser.triggerUnit();
  else parser.anonymousUnit();
  return listener.found;
}

/** The grammar's reason in Salesforce's words. */
function messageOf(reason: string, token: string): string {
  const missing = /^missing (.+) at /.exec(reason)?.[1];
  if (missing !== undefined) return `Missing ${missing} at '${token}'`;
  if (reason.startsWith('extraneous input')) return `Extra '${token}', at ${token}.`;
  return `Unexpected token '${token}'.`;
}

function tokenAt(text: string, line: number, column: number): string {
  const rest = (text.split(/\r?\n/)[line - 1] ?? '').slice(column);
  return /^\s*(\w+|\S)/.exec(rest)?.[1] ?? '<EOF>';
}

/** The refusal of a class or trigger that does not compile. */
export class CompileProblem extends SalesforceError {
  readonly place: { readonly lineNumber: number; readonly columnNumber: number };

  constructor({ message, line, column }: ApexProblem) {
    super('INVALID_INPUT', `${message} (${line}:${column})`, { fields: ['Body'] });
    this.place = { lineNumber: line, columnNumber: column };
  }
}

/** @throws CompileProblem */
export async function assertApex(unit: ApexUnit, text: string): Promise<void> {
  const problem = await findApexProblem(unit, text);
  if (problem !== undefined) throw new CompileProblem(problem);
}
