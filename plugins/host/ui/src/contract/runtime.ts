// The React of this page for every bundle: what the modules of the import map export. Frozen, so that no bundle replaces it
// for the others. It must be there before the first bundle is imported.
import * as React from 'react';
import * as ReactDOM from 'react-dom';
import * as ReactJSXRuntime from 'react/jsx-runtime';

const NAME = '__EVEREST_PLUGIN_RUNTIME__';

if (!(NAME in window)) {
  Object.defineProperty(window, NAME, {
    value: Object.freeze({ React, ReactDOM, ReactJSXRuntime }),
    writable: false,
    configurable: false,
    enumerable: true,
  });
}
