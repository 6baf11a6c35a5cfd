// Shows openapi.json: every route with what it takes and answers, and a line for curl.

const main = document.getElementById("main");

function element(name, text, className) {
  return Object.assign(document.createElement(name), text === undefined ? {} : { textContent: text }, className ? { className } : {});
}

// What stands between backticks is code.
function prose(text) {
  const paragraph = element("p", undefined, "quiet");
  text.split("`").forEach((part, place) => paragraph.append(place % 2 ? element("code", part) : part));
  return paragraph;
}

const document_ = await (await fetch("/openapi.json")).json();

function resolved(value) {
  return value?.$ref ? value.$ref.slice(2).split("/").reduce((found, key) => found[key], document_) : value;
}

function curl(method, path, operation) {
  const example = operation.requestBody?.content["application/json"]?.example;
  const how = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  const body = example === undefined ? "" : ` \\\n  -d '${JSON.stringify(example)}'`;
  return `curl${how} ${location.origin}${path.replace("{model}", "MODEL").replace("{version}", "1").replace("{id}", "42")}${body}`;
}

function terms(pairs) {
  const list = element("dl");
  for (const [name, text] of pairs) list.append(element("dt", name), element("dd", text));
  return list;
}

function route(method, path, item, operation) {
  const box = element("section", undefined, "route"), title = element("div");
  title.append(element("code", method.toUpperCase(), "method"), element("code", path));
  box.append(title, element("p", operation.summary));
  if (operation.description) box.append(prose(operation.description));
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolved).filter((one) => one.in === "query");
  if (parameters.length) box.append(terms(parameters.map((one) => [`?${one.name}=`, one.description ?? one.schema.pattern])));
  const more = element("details");
  more.append(element("summary", "answers"), terms(Object.entries(operation.responses).map(([code, answer]) => [code, resolved(answer).description])));
  box.append(element("pre", curl(method, path, operation)), more);
  return box;
}

const groups = new Map();
for (const [path, item] of Object.entries(document_.paths))
  for (const [method, operation] of Object.entries(item)) {
    if (method === "parameters") continue;
    const [tag] = operation.tags;
    if (!groups.has(tag)) groups.set(tag, [element("h2", tag)]);
    groups.get(tag).push(route(method, path, item, operation));
  }
main.replaceChildren(prose(document_.info.description), ...[...groups.values()].flat());
