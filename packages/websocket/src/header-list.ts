/** Lists in header fields (RFC 9110, 5.6), read in one pass from left to right: linear however hostile. */

/** One element of Sec-WebSocket-Extensions; parameters in order, as repeated as they came. */
export interface ExtensionOffer {
  readonly name: string;
  readonly parameters: ReadonlyArray<readonly [name: string, value: string | undefined]>;
}

/** Thrown by the parsers of this file: the field is not what its grammar says. */
export class HeaderSyntaxError extends Error {
  override readonly name = "HeaderSyntaxError";
}

const tokenCharacters: ReadonlySet<string> = new Set(
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
);

function isToken(text: string): boolean {
  for (const character of text) if (!tokenCharacters.has(character)) return false;
  return text !== "";
}

/** Elements of a list of tokens; empty ones between commas are allowed (RFC 9110, 5.6.1.2). */
export function parseTokens(field: string): string[] {
  const reader = new FieldReader(field);
  const tokens: string[] = [];
  do {
    reader.skipSpace();
    if (!reader.atListEnd()) tokens.push(reader.token());
    reader.skipSpace();
  } while (reader.take(","));
  reader.expectEnd();
  return tokens;
}

/** Elements of Sec-WebSocket-Extensions (RFC 6455, 9.1). */
export function parseExtensions(field: string): ExtensionOffer[] {
  const reader = new FieldReader(field);
  const offers: ExtensionOffer[] = [];
  do {
    reader.skipSpace();
    if (!reader.atListEnd()) offers.push(parseExtension(reader));
    reader.skipSpace();
  } while (reader.take(","));
  reader.expectEnd();
  return offers;
}

function parseExtension(reader: FieldReader): ExtensionOffer {
  const name = reader.token();
  const parameters: Array<[string, string | undefined]> = [];
  reader.skipSpace();
  while (reader.take(";")) {
    reader.skipSpace();
    const parameter = reader.token();
    reader.skipSpace();
    parameters.push([parameter, reader.take("=") ? reader.value() : undefined]);
    reader.skipSpace();
  }
  return { name, parameters };
}

class FieldReader {
  readonly #field: string;
  #at = 0;

  constructor(field: string) {
    this.#field = field;
  }

  skipSpace(): void {
    while (this.#field[this.#at] === " " || this.#field[this.#at] === "\t") this.#at++;
  }

  take(character: string): boolean {
    if (this.#field[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  atListEnd(): boolean {
    return this.#at === this.#field.length || this.#field[this.#at] === ",";
  }

  token(): string {
    const start = this.#at;
    while (tokenCharacters.has(this.#field[this.#at] ?? "")) this.#at++;
    if (this.#at === start) throw this.#unexpected("a token");
    return this.#field.slice(start, this.#at);
  }

  /** A token, or a quoted string that is one once unescaped (RFC 6455, 9.1). */
  value(): string {
    this.skipSpace();
    if (!this.take('"')) return this.token();
    let value = "";
    while (!this.take('"')) {
      this.take("\\");
      const character = this.#field[this.#at++];
      if (character === undefined) throw this.#unexpected("a closing quote");
      value += character;
    }
    if (!isToken(value)) throw this.#unexpected("a token within quotes");
    return value;
  }

  expectEnd(): void {
    if (this.#at < this.#field.length) throw this.#unexpected("a comma");
  }

  #unexpected(what: string): HeaderSyntaxError {
    return new HeaderSyntaxError(`expected ${what} at character ${this.#at}`);
  }
}
