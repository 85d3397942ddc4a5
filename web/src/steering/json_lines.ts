// JSON for people: written so that it can be reviewed, and where in it something stands.

const spaced = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spaced(each)}`).join(", ")}}`;
};

const widest = 72;

/** A key a line; lists that are wide, an element a line. */
export function reviewable(object: object): string {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  const lines = given.map(([key, value]) => {
    const flat = `  ${JSON.stringify(key)}: ${spaced(value)}`;
    if (!Array.isArray(value) || flat.length <= widest) return flat;
    return `  ${JSON.stringify(key)}: [\n${value.map((each) => `    ${spaced(each)}`).join(",\n")}\n  ]`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

interface Level {
  list: boolean;
  key: string;
  at: number;
}

/** The line, from 1, on which each key and element of a JSON text begins: "gates", "gates[1]", "gates[1].margin". */
export function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const levels: Level[] = [];
  let [line, from] = [1, 0];
  let keyNext = false;
  const path = () => levels.map((level, i) => (level.list ? `[${level.at}]` : `${i && level.key ? "." : ""}${level.key}`)).join("");
  const note = () => lines.has(path()) || lines.set(path(), line);
  for (const { 0: word, index } of text.matchAll(token)) {
    line += text.slice(from, index).split("\n").length - 1;
    from = index;
    const level = levels[levels.length - 1];
    if (keyNext && word.startsWith('"') && level) {
      level.key = word.slice(1, -1);
      note();
    } else if (word !== "]" && level?.list && word !== "," && word !== ":") {
      note();
    }
    if (word === "{" || word === "[") levels.push({ list: word === "[", key: "", at: 0 });
    if (word === "}" || word === "]") levels.pop();
    if (word === "," && level?.list) ++level.at;
    keyNext = word === "{" || (word === "," && level?.list === false);
  }
  return lines;
}

const lineOfByte = (text: string, byte: number) =>
  new TextDecoder().decode(new TextEncoder().encode(text).slice(0, Math.max(byte - 1, 0))).split("\n").length;

/** Where a message of the server's reader of JSON points: `… gates[1]: key "margin" …`, or a byte. Null: nowhere. */
export function lineOfMessage(text: string, message: string): number | null {
  const byte = /from byte (\d+) on/.exec(message);
  if (byte) return lineOfByte(text, Number(byte[1]));
  const element = /\b([a-z_]+\[\d+\])/.exec(message)?.[1] ?? "";
  const key = /key "([^"]+)"/.exec(message)?.[1] ?? "";
  const lines = linesOf(text);
  const paths = [[element, key].filter((part) => part !== "").join("."), element];
  return paths.map((path) => lines.get(path)).find((line) => line !== undefined) ?? null;
}
