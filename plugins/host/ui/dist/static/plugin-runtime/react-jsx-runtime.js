// What a bundle gets for `import … from "react/jsx-runtime"`. There is no default export, as on OpenEverest's page.
const { jsx, jsxs, Fragment } = window.__EVEREST_PLUGIN_RUNTIME__.ReactJSXRuntime;

export { jsx, jsxs, Fragment };
