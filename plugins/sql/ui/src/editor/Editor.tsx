// The editor of statements: colours, completion from the catalog, and the place of an error.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers, placeholder, type DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { forwardRef, useEffect, useImperativeHandle, useRef } from 'react';
import type { Completion } from '../catalog/completion';
import { MONOSPACE } from '../../../../ui/src/frame';
import { chosenStatement, placeOf, type ChosenStatement } from './statement';

export interface EditorHandle {
  chosen: () => ChosenStatement | undefined;
  /** Puts a statement in the place of everything, which can be undone. */
  replace: (text: string) => void;
  /** Puts a name where the cursor is. */
  insert: (text: string) => void;
  /** Marks where a statement went wrong: at a character of it, counted from 1. */
  mark: (statement: ChosenStatement, position: number | undefined) => void;
}

interface EditorProps {
  nonce: string | undefined;
  initial: string;
  completion: Completion;
  onChange: (text: string) => void;
  onRun: () => void;
}

// Colours are the tokens of the page: they change with it, and nothing is made anew.
const color = (name: string): string => `var(--everest-color-${name})`;
const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: color('text-primary') },
  '&.cm-focused': { outline: `2px solid ${color('primary-main')}`, outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: MONOSPACE, lineHeight: '1.5' },
  '.cm-content': { caretColor: color('text-primary') },
  '.cm-gutters': { color: color('text-secondary'), backgroundColor: 'transparent', borderRight: `1px solid ${color('divider')}` },
  '.cm-placeholder': { color: color('text-secondary') },
  '.cm-tooltip': { backgroundColor: color('background-paper'), color: color('text-primary'), border: `1px solid ${color('divider')}` },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: color('primary-main'), color: color('background-paper') },
  '.cm-matchingBracket': { outline: `1px solid ${color('primary-main')}`, backgroundColor: 'transparent' },
  '.cm-wrong': { textDecoration: `underline wavy ${color('error-main')}`, textUnderlineOffset: '3px' },
});
const COLORS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: color('primary-main'), fontWeight: '500' },
  { tag: [tags.string, tags.special(tags.string)], color: color('success-main') },
  { tag: [tags.number, tags.bool, tags.null], color: color('warning-main') },
  { tag: [tags.comment], color: color('text-secondary'), fontStyle: 'italic' },
  { tag: [tags.typeName], color: color('info-main') },
]);

const setWrong = StateEffect.define<number | undefined>();
const WRONG = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { docChanged, effects, state }) {
    for (const effect of effects) {
      if (!effect.is(setWrong)) continue;
      const from = effect.value;
      if (from === undefined) return Decoration.none;
      const word = state.wordAt(from);
      const to = word && word.from <= from && word.to > from ? word.to : Math.min(from + 1, state.doc.length);
      return from < to ? Decoration.set(Decoration.mark({ class: 'cm-wrong' }).range(from, to)) : Decoration.none;
    }
    return docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** What is typed over a selection: Chromium would keep its look in a `style` of its own, which the page's policy blocks. */
const TYPED_OVER = EditorView.domEventHandlers({
  beforeinput(event, typed) {
    const { main } = typed.state.selection;
    const text = event.data;
    if (event.inputType !== 'insertText' || !text || main.empty || typed.composing) return false;
    const insert = () => typed.state.update(typed.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
    const isHandled = typed.state.facet(EditorView.inputHandler).some((handle) => handle(typed, main.from, main.to, text, insert));
    if (!isHandled) typed.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

const languageOf = (schema: Completion) => sql({ dialect: PostgreSQL, schema, defaultSchema: 'public' });

export const Editor = forwardRef<EditorHandle, EditorProps>(function Editor({ nonce, initial, completion, onChange, onRun }, handle) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const language = useRef(new Compartment());
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };

  useEffect(() => {
    const run = (running: EditorView): boolean => {
      closeCompletion(running);
      latest.current.onRun();
      return true;
    };
    const state = EditorState.create({
      doc: initial,
      extensions: [
        ...(nonce ? [EditorView.cspNonce.of(nonce)] : []),
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        // TAB leaves the editor, as everywhere in a page, unless there is something to complete.
        keymap.of([{ key: 'Tab', run: acceptCompletion }, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        lineNumbers(),
        history(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        placeholder('select …'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
        EditorView.updateListener.of((update) => update.docChanged && latest.current.onChange(update.state.doc.toString())),
        language.current.of(languageOf({})),
        syntaxHighlighting(COLORS),
        TYPED_OVER,
        LOOK,
        WRONG,
      ],
    });
    const made = new EditorView({ state, parent: place.current ?? undefined });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(languageOf(completion)) });
  }, [completion]);

  useImperativeHandle(handle, () => ({
    chosen: () => view.current && chosenStatement(view.current.state),
    replace: (text) => {
      const made = view.current;
      if (!made) return;
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text }, selection: { anchor: text.length } });
      made.focus();
    },
    insert: (text) => {
      view.current?.dispatch(view.current.state.replaceSelection(text));
      view.current?.focus();
    },
    mark: (statement, position) => {
      const made = view.current;
      if (!made) return;
      const { sql: text, from } = statement;
      // It may have been changed meanwhile.
      const isThere = made.state.sliceDoc(from, from + text.length) === text;
      made.dispatch({ effects: setWrong.of(isThere && position !== undefined ? from + placeOf(text, position) : undefined) });
    },
  }));

  return <div ref={place} style={{ height: '100%' }} />;
});
