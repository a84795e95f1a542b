import type { Build } from './build.ts';
import type { Operand } from './operand.ts';

/** An amount in the corporate currency, by the rates of now; as it is when nobody says what it is in. */
export function inCorporateCurrency({ sql, currency }: Operand): string {
  return currency === undefined ? sql : `(${sql} / ${rateOf(currency)})`;
}

/** An amount in the caller's own currency. */
export function inOwnCurrency(build: Build, operand: Operand): string {
  if (operand.currency === undefined) return operand.sql;
  return `(${inCorporateCurrency(operand)} * ${rateOf(ownCurrency(build))})`;
}

/** `USD5000` in the corporate currency. */
export function literalInCorporateCurrency(build: Build, iso: string, amount: string): string {
  return `(${build.value(amount, 'double precision')} / ${rateOf(build.value(iso.toUpperCase(), 'text'))})`;
}

function ownCurrency(build: Build): string {
  return `(select "defaultcurrencyisocode" from org."user" where "id" = ${build.value(build.options.userId, 'text')})`;
}

/** How much of a currency is one of the corporate one. */
function rateOf(isoCode: string): string {
  return `(select "conversionrate" from org."currencytype" where "isocode" = ${isoCode})`;
}
