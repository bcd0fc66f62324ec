// A compiled file whose exported functions, and methods of exported classes, throw once the file is loaded. Its constants and
// constructors stay, so that whatever imports it loads, and only a test that calls into it fails.

import { parseAst } from 'rolldown/parseAst';

/** The syntax tree, as far as it is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly name?: string;
  readonly kind?: string;
  readonly id?: Node | null;
  readonly init?: Node | null;
  readonly local?: Node;
  readonly value?: Node | null;
  readonly declaration?: Node | null;
  /** Of a program and a class a list, of a function its block or expression. */
  readonly body?: Node | Node[] | null;
  readonly declarations?: Node[];
  readonly specifiers?: Node[];
}

const BREAK = "throw new Error('broken on purpose');";
const LOADED = 'isLoadedAndBroken';

/** Undefined where the file exports nothing that can be called. */
export function brokenFunctions(source: string, lang: 'js' | 'tsx'): string | undefined {
  const starts = statements(parseAst(source, { lang }) as unknown as Node)
    .flatMap(callables)
    .flatMap(blockStart);
  if (starts.length === 0) return undefined;
  const broken = starts
    .toSorted((a, b) => b - a)
    .reduce((text, start) => `${text.slice(0, start + 1)} if (${LOADED}) ${BREAK}${text.slice(start + 1)}`, source);
  // What the file calls itself while it loads is no use that a test makes of it.
  return `var ${LOADED} = false; ${broken}\n${LOADED} = true;\n`;
}

/** Where the file ends at once: hoisted imports run first. */
export const brokenModule = (source: string): string => `${BREAK}\n${source}`;

const listOf = (body: Node['body']): readonly Node[] => (Array.isArray(body) ? body : []);

/** What the file exports, where it is declared. */
function statements(program: Node): Node[] {
  const body = listOf(program.body);
  const named = new Set(body.flatMap(({ specifiers }) => specifiers ?? []).map(({ local }) => local?.name));
  const plain = body.flatMap((each) => each.declarations ?? [each]).filter(({ id }) => id && named.has(id.name));
  return [...plain, ...body.flatMap(({ declaration }) => declaration?.declarations ?? declaration ?? [])];
}

function callables(node: Node): Node[] {
  if (node.type === 'ClassDeclaration') {
    const members = listOf((node.body as Node).body);
    return members.flatMap(({ type, kind, value }) =>
      type === 'MethodDefinition' && kind !== 'constructor' && value ? [value] : [],
    );
  }
  return node.init ? [node.init] : [node];
}

/** Offset of the brace that the body begins with; none of an expression or a constant. */
function blockStart({ type, body }: Node): number[] {
  const isFunction = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(type);
  return isFunction && body && !Array.isArray(body) && body.type === 'BlockStatement' ? [body.start] : [];
}
