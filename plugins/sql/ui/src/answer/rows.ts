// The answer to a query while it arrives: `{"columns":[…],"rows":[{…},…],…}`. A row is there as soon as its last byte is. Values
// stay the texts that they are in the answer: a number of the database may be larger than one of JavaScript.

/** A value as text; `null` is NULL. */
export type Cell = string | null;
export type Row = readonly Cell[];

export interface Column {
  name: string;
  type: string;
  numeric: boolean;
}

/** What stands behind the rows. */
export interface Summary {
  affected?: number;
  truncated: boolean;
  withheld: boolean;
  notices: string[];
  summary: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = [0x5b, 0x7b];
const CLOSE = [0x5d, 0x7d];

/** Finds where a value of JSON ends, and remembers how far it has looked: a value may come in many pieces. */
class ValueEnd {
  private at = 0;
  private depth = 0;
  private isInText = false;

  /** The index behind the value that begins at the start of `text`; nothing if it is not all there. */
  find(text: string): number | undefined {
    for (; this.at < text.length; this.at += 1) {
      const sign = text.charCodeAt(this.at);
      if (this.isInText) {
        if (sign === BACKSLASH) this.at += 1;
        else if (sign === QUOTE) this.isInText = false;
      } else if (sign === QUOTE) {
        this.isInText = true;
      } else if (OPEN.includes(sign)) {
        this.depth += 1;
      } else if (CLOSE.includes(sign)) {
        this.depth -= 1;
        if (this.depth === 0) {
          const end = this.at + 1;
          this.at = 0;
          return end;
        }
      }
    }
    return undefined;
  }
}

function textEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === BACKSLASH) at += 1;
    else if (sign === QUOTE) return at + 1;
  }
  throw new SyntaxError('a text without an end');
}

/** The index behind the value at `from`, which is followed by something. */
function valueEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return textEnd(text, from);
  let at = from;
  for (let depth = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) at = textEnd(text, at) - 1;
    else if (OPEN.includes(sign)) depth += 1;
    else if (depth === 0 && (sign === COMMA || CLOSE.includes(sign))) return at;
    else if (CLOSE.includes(sign)) depth -= 1;
  }
  return at;
}

function cell(raw: string): Cell {
  if (raw === 'null') return null;
  if (raw.charCodeAt(0) !== QUOTE) return raw;
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

/** The values of a row, an object whose members are in the order of the columns. */
export function cells(row: string): Cell[] {
  const found: Cell[] = [];
  for (let at = 1; row.charCodeAt(at) === QUOTE; ) {
    const value = textEnd(row, at) + 1;
    const end = valueEnd(row, value);
    found.push(cell(row.slice(value, end)));
    at = end + 1;
  }
  return found;
}

/** Reads an answer piece by piece. */
export class AnswerReader {
  private text = '';
  private stage: 'columns' | 'rows' | 'end' = 'columns';
  private readonly end = new ValueEnd();

  constructor(
    private readonly onColumns: (columns: Column[]) => void,
    private readonly onRows: (rows: Row[]) => void,
  ) {}

  push(piece: string): void {
    this.text += piece;
    if (this.stage === 'columns') this.columns();
    if (this.stage === 'rows') this.rows();
  }

  private columns(): void {
    const start = '{"columns":';
    if (this.text.length > start.length && !this.text.startsWith(start)) throw new SyntaxError('the answer is not a result');
    if (this.text.length <= start.length) return;
    const list = this.text.slice(start.length);
    const end = new ValueEnd().find(list);
    const behind = ',"rows":[';
    if (end === undefined || list.length < end + behind.length) return;
    if (!list.startsWith(behind, end)) throw new SyntaxError('the answer is not a result');
    this.onColumns(JSON.parse(list.slice(0, end)) as Column[]);
    this.text = list.slice(end + behind.length);
    this.stage = 'rows';
  }

  private rows(): void {
    const found: Row[] = [];
    let text = this.text;
    let from = 0;
    for (;;) {
      if (text.charCodeAt(from) === COMMA) from += 1;
      if (text.startsWith(']', from)) {
        this.stage = 'end';
        break;
      }
      // What was looked through before is at the start of the text.
      const rest = from === 0 ? text : text.slice(from);
      const end = this.end.find(rest);
      text = rest;
      from = 0;
      if (end === undefined) break;
      found.push(cells(text.slice(0, end)));
      from = end;
    }
    this.text = text.slice(from);
    if (found.length > 0) this.onRows(found);
  }

  /** What stands behind the rows; throws where the answer was broken off. */
  finish(): Summary {
    if (this.stage !== 'end') throw new SyntaxError('the answer was broken off');
    const behind = JSON.parse(`{"rows":[${this.text}`) as Partial<Summary>;
    const { affected, truncated = false, withheld = false, notices = [], summary = '' } = behind;
    return { ...(affected === undefined ? {} : { affected }), truncated, withheld, notices, summary };
  }
}
