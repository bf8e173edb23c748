// Which statement is meant: what is selected, or the one at the cursor; pure.
import { ensureSyntaxTree, syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';

export interface ChosenStatement {
  sql: string;
  /** Where it begins in the text of the editor. */
  from: number;
}

/** How long a text may be read for, in milliseconds, before what is known of it has to do. */
const PATIENCE = 500;

function trimmed(text: string, from: number): ChosenStatement | undefined {
  const start = text.length - text.trimStart().length;
  const sql = text.trim().replace(/[\s;]+$/, '');
  return sql === '' ? undefined : { sql, from: from + start };
}

export function chosenStatement(state: EditorState): ChosenStatement | undefined {
  const { main } = state.selection;
  if (!main.empty) return trimmed(state.sliceDoc(main.from, main.to), main.from);
  const tree = ensureSyntaxTree(state, state.doc.length, PATIENCE) ?? syntaxTree(state);
  let found: ChosenStatement | undefined;
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    if (node.name !== 'Statement') continue;
    const statement = trimmed(state.sliceDoc(node.from, node.to), node.from);
    // Behind the last one, that is meant; before the first one, that.
    if (statement && (node.from <= main.head || !found)) found = statement;
    if (node.to >= main.head && found) break;
  }
  return found ?? trimmed(state.doc.toString(), 0);
}

/** The place in a text of a character counted from 1, as PostgreSQL counts them. */
export function placeOf(sql: string, position: number): number {
  let place = 0;
  let count = 1;
  for (const sign of sql) {
    if (count >= position) break;
    place += sign.length;
    count += 1;
  }
  return place;
}
