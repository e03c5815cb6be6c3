declare const _default: import('tsup').Options;
export default _default;
