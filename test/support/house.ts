// The sources as the tests of the house see them: what each file imports and which globals it names,
// by TypeScript's own parser.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { ROOT } from './paths.js';

export interface SourceFile {
  /** From the root, with forward slashes: `src/core/errors.ts`. */
  path: string;
  /** Each module that it names, types and dynamic imports too: a path like `path`, or a package's name. */
  imports: string[];
  /** Names that its code (not its types) reads and that nothing in the file declares, with the first line of each. */
  globals: Map<string, number>;
  /** Each `Math.name` that it reads, with the first line. */
  math: Map<string, number>;
  /** Every `name` of an `x.name`, with the first line. */
  members: Map<string, number>;
  /** It uses `Math` other than by `Math.name`. */
  mathWhole: boolean;
  /** Each `assert.ok(list.every(...))` but those on a page, and whether the list has items for sure. */
  claims: { place: string; filled: boolean }[];
  /** The text of each power, `a ** b` (of `a **= b` too). */
  powers: string[];
}

const listed = new Map<string, string[]>();

/** Every file below `folder` (from the root) whose name ends in `ending`, but what is generated or installed. */
export function filesBelow(folder: string, ending: string): string[] {
  const key = `${folder}*${ending}`;
  let files = listed.get(key);
  if (!files) {
    const at = join(ROOT, folder);
    files = (
      statSync(at, { throwIfNoEntry: false }) ? readdirSync(at, { recursive: true, encoding: 'utf8' }) : []
    )
      .map((f) => posix.join(folder, f.replaceAll('\\', '/')))
      .filter((f) => f.endsWith(ending) && !/(^|\/)(node_modules|generated|dist)\//.test(f))
      .sort();
    listed.set(key, files);
  }
  return files;
}

const POWERS = new Set([ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken]);
const read = new Map<string, SourceFile>();

/** A file of the repository; parsed once. */
export function readSource(path: string): SourceFile {
  let file = read.get(path);
  if (!file) {
    file = parseSource(path, readFileSync(join(ROOT, path), 'utf8'));
    read.set(path, file);
  }
  return file;
}

export const readSources = (...folders: string[]): SourceFile[] =>
  folders.flatMap((folder) => filesBelow(folder, '.ts')).map(readSource);

export function parseSource(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const file: SourceFile = {
    path,
    imports: [],
    globals: new Map(),
    math: new Map(),
    members: new Map(),
    mathWhole: false,
    claims: [],
    powers: [],
  };
  const declared = new Set<string>();
  const mentioned = new Map<string, number>();
  const line = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const first = (map: Map<string, number>, name: string, node: ts.Node) => {
    if (!map.has(name)) map.set(name, line(node));
  };
  const visit = (node: ts.Node): void => {
    const from = imported(node);
    if (from !== undefined) file.imports.push(resolved(path, from));
    if (ts.isIdentifier(node)) {
      if (declares(node)) declared.add(node.text);
      else if (!names(node) && !inType(node)) first(mentioned, node.text, node);
    }
    if (ts.isIdentifier(node) && node.text === 'Math')
      file.mathWhole ||= !names(node) && !ts.isPropertyAccessExpression(node.parent);
    const every = claimOfEvery(node);
    if (every)
      file.claims.push({
        place: `${path}:${line(node)} ${every.getText(source)}`,
        filled: hasItems(every, node),
      });
    if (ts.isBinaryExpression(node) && POWERS.has(node.operatorToken.kind))
      file.powers.push(`${node.left.getText(source)} ** ${node.right.getText(source)}`);
    if (ts.isPropertyAccessExpression(node)) first(file.members, node.name.text, node.name);
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      if (node.expression.text === 'Math') first(file.math, node.name.text, node);
      // `globalThis.fetch` reads `fetch`.
      if (/^(globalThis|self|window)$/.test(node.expression.text)) first(mentioned, node.name.text, node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const [name, at] of mentioned) if (!declared.has(name)) file.globals.set(name, at);
  file.imports = [...new Set(file.imports)];
  return file;
}

/** The module that a node names: import, export from, import(), import type. */
function imported(node: ts.Node): string | undefined {
  const text = (e: ts.Node | undefined) => (e && ts.isStringLiteralLike(e) ? e.text : undefined);
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return text(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return text(node.argument.literal);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return text(node.arguments[0]);
  return undefined;
}

/** `x.js` is x.ts, a folder of AssemblyScript its index; anything else is a package or a built-in module. */
function resolved(importer: string, from: string): string {
  if (!from.startsWith('.')) return from;
  const at = posix.join(dirname(importer).replaceAll('\\', '/'), from);
  const file = at.replace(/\.js$/, '');
  for (const ending of ['.ts', '/index.ts'])
    if (statSync(join(ROOT, file + ending), { throwIfNoEntry: false })) return file + ending;
  return at;
}

/** `list` of `list.every(...)` within `assert.ok(...)`. */
function claimOfEvery(node: ts.Node): ts.Expression | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  if (node.expression.name.text !== 'every') return undefined;
  const around = ts.findAncestor(
    node,
    (n) => ts.isCallExpression(n) && /^assert\.ok$|evaluate|waitFor/.test(n.expression.getText()),
  );
  return around && (around as ts.CallExpression).expression.getText() === 'assert.ok'
    ? node.expression.expression
    : undefined;
}

/** A literal, `filled(...)`, or one whose length the claim speaks of first. */
function hasItems(list: ts.Expression, claim: ts.Node): boolean {
  const text = list.getText();
  const counted = ts.findAncestor(
    claim,
    (n) => ts.isBinaryExpression(n) && n.left.getText().includes(`${text}.length`),
  );
  return (
    (ts.isArrayLiteralExpression(list) && list.elements.length > 0) || text.startsWith('filled(') || !!counted
  );
}

function declares(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isFunctionExpression(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent) ||
      ts.isTypeParameterDeclaration(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isImportClause(parent) ||
      ts.isNamespaceImport(parent) ||
      ts.isImportSpecifier(parent)) &&
    parent.name === node &&
    // `declare const x` names what is there already.
    !ambient(parent)
  );
}

const ambient = (node: ts.Node): boolean =>
  ts.isVariableDeclaration(node) &&
  ts.isVariableStatement(node.parent.parent) &&
  !!node.parent.parent.modifiers?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword);

const inType = (node: ts.Node): boolean =>
  !!ts.findAncestor(node, (n) => ts.isTypeNode(n) && !ts.isExpressionWithTypeArguments(n));

/** Names of members, keys and labels: nothing is read by them. */
function names(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node) ||
    (ts.isImportSpecifier(parent) && parent.propertyName === node) ||
    ts.isExportSpecifier(parent) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isGetAccessorDeclaration(parent) ||
      ts.isSetAccessorDeclaration(parent) ||
      ts.isEnumMember(parent) ||
      ts.isNamedTupleMember(parent) ||
      ts.isMetaProperty(parent)) &&
      parent.name === node) ||
    ts.isLabeledStatement(parent) ||
    ts.isBreakOrContinueStatement(parent) ||
    ts.isTypePredicateNode(parent)
  );
}

/** Strongly connected components of more than one file (Tarjan 1972), and files that import themselves. */
export function circles(files: readonly Pick<SourceFile, 'path' | 'imports'>[]): string[][] {
  const edges = new Map(files.map((f) => [f.path, f.imports]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const walk = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const to of edges.get(path)!) {
      if (!edges.has(to)) continue;
      if (!index.has(to)) walk(to);
      if (stack.includes(to)) low.set(path, Math.min(low.get(path)!, low.get(to)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const component = stack.splice(stack.indexOf(path)).sort();
    if (component.length > 1 || edges.get(path)!.includes(path)) found.push(component);
  };
  for (const path of edges.keys()) if (!index.has(path)) walk(path);
  return found;
}
