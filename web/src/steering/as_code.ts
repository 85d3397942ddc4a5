// The request on the page as something to paste elsewhere. The key is never in it: it comes from the environment.
import { bodyOf, pathOf, type Ask } from "../server/answer";

const inSingleQuotes = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function asCurl(request: Ask, model: string, origin: string): string {
  const body = JSON.stringify({ model, ...bodyOf(request) }, null, 2);
  return [
    `curl ${origin}${pathOf(request.kind)} \\`,
    `  -H 'Content-Type: application/json' -H "Authorization: Bearer $CONTRANS_KEY" \\`,
    `  -d ${inSingleQuotes(body)}`,
  ].join("\n");
}

/** JSON's text is Python's but for three words. */
function asPythonValue(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(asPythonValue).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${asPythonValue(each)}`).join(", ")}}`;
}

export function asPython(request: Ask, model: string, origin: string): string {
  const { concepts, projections, ...openai } = bodyOf(request);
  const extra = { ...(concepts ? { concepts } : {}), ...(projections ? { projections } : {}) };
  const call = request.kind === "chat" ? "chat.completions" : "completions";
  const fields = Object.entries({ model, ...openai }).map(([name, value]) => `    ${name}=${asPythonValue(value)},`);
  const answer = request.kind === "chat" ? "answer.choices[0].message.content" : "answer.choices[0].text";
  return [
    "import os",
    "",
    "import openai",
    "",
    `client = openai.OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key=os.environ.get("CONTRANS_KEY", "none"))`,
    `answer = client.${call}.create(`,
    ...fields,
    ...(Object.keys(extra).length ? [`    extra_body=${asPythonValue(extra)},`] : []),
    ")",
    `print(${answer})`,
  ].join("\n");
}
