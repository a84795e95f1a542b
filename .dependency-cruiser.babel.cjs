/** How dependency-cruiser reads our TypeScript. An `import type` is an arrow like any other, so it is kept as an import. */
const keepTypeImports = () => ({
  visitor: {
    ImportDeclaration({ node }) {
      node.importKind = 'value';
      for (const specifier of node.specifiers) specifier.importKind = 'value';
    },
  },
});

module.exports = {
  presets: [['@babel/preset-typescript', { onlyRemoveTypeImports: true }]],
  plugins: [keepTypeImports, '@babel/plugin-transform-explicit-resource-management'],
};
