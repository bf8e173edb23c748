// What a bundle gets for `import … from "react-dom"`: the one of the shell. The names are those of OpenEverest's page, no more.
const ReactDOM = window.__EVEREST_PLUGIN_RUNTIME__.ReactDOM;

export default ReactDOM;
export const {
  createPortal,
  flushSync,
  unstable_batchedUpdates,
  findDOMNode,
  render,
  hydrate,
  unmountComponentAtNode,
  version,
} = ReactDOM;
