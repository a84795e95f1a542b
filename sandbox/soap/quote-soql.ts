/** A text as a SOQL string. */
export function quoteSoql(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
