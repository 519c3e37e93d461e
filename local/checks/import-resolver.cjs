// Finds what an import means for the lint rules: relative files, and the package's own `#app/…` subpaths.
const fs = require("node:fs");
const path = require("node:path");

const root = path.dirname(path.dirname(__dirname));
const { imports } = require(path.join(root, "package.json"));

exports.interfaceVersion = 2;

exports.resolve = (source, file) => {
  const target = source.startsWith("#")
    ? subpath(source)
    : source.startsWith(".")
      ? path.resolve(path.dirname(file), source)
      : undefined;
  const found = target?.replace(/\?.*$/, "");
  return found && fs.existsSync(found) ? { found: true, path: found } : { found: false };
};

function subpath(source) {
  for (const [pattern, target] of Object.entries(imports)) {
    const prefix = pattern.slice(0, -1);
    if (source.startsWith(prefix)) return path.join(root, target.slice(0, -1), source.slice(prefix.length));
  }
  return undefined;
}
