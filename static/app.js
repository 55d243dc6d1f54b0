// Type-ahead, added lines, kept drafts, the phone's menu, a few keys. Everything works without.
import Combobox from "./vendor/combobox-nav/index.js";

const PAUSE = 140;
const one = (query, within = document) => within.querySelector(query);
const all = (query, within = document) => [...within.querySelectorAll(query)];

function stored(key, value) {
  try {
    if (value === undefined) return JSON.parse(sessionStorage.getItem(key));
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch { /* storage is off or full: drafts are a comfort */ }
  return null;
}

// Type-ahead: a text box with the list of matches under it, the chosen id beside it.

function hiddenOf(input) {
  return input.form?.elements.namedItem(input.dataset.target || `${input.name}-id`) ?? null;
}

function option(list, [id, words, more], at) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.id = `${list.id}-${at}`;
  Object.assign(item.dataset, { id, words });
  item.append(words);
  const small = document.createElement("small");
  small.textContent = more ?? "";
  item.append(small);
  return item;
}

function place(list, input) {
  const box = input.getBoundingClientRect();
  list.style.top = `${input.offsetTop + box.height + 3}px`;
  if (!input.closest(".scroll")) return;
  list.classList.add("out");
  list.style.left = `${Math.min(box.left, innerWidth - 270)}px`;
  list.style.top = `${box.bottom + 3}px`;
}

function lookup(input) {
  const list = document.createElement("ul");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() || input.getAttribute("aria-label") || input.name);
  list.className = "matches";
  list.id = `${input.id || input.name}-matches`;
  list.hidden = true;
  input.after(list);
  const known = hiddenOf(input);
  if (known && input.dataset.id && input.value === input.defaultValue) known.value = input.dataset.id;
  const box = new Combobox(input, list, { firstOptionSelectionMode: "active", tabInsertsSuggestions: false });
  let timer = 0;
  let asked = 0;
  const home = () => (input.name === "person_id" && input.form.elements.namedItem("unit_id-id")?.value) || "";

  function close() {
    clearTimeout(timer);
    asked += 1;
    if (!list.hidden) box.stop();
    list.hidden = true;
  }

  async function ask() {
    const mine = ++asked;
    const url = new URL(input.dataset.url, location.href);
    url.searchParams.set("query", input.value);
    url.searchParams.set("home", home());
    let hits = await fetch(url, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : []))
      .catch(() => []);
    if (mine !== asked || document.activeElement !== input) return;
    close();
    if (!hits.length && input.dataset.new) hits = [["", input.dataset.words, ""]];
    if (!hits.length) return;
    list.replaceChildren(...hits.map((hit, at) => option(list, hit, at)));
    place(list, input);
    list.hidden = false;
    box.start();
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); };

  input.addEventListener("input", (event) => {
    const hidden = hiddenOf(input);
    if (hidden) hidden.value = "";
    if (!event.isComposing) soon();
  });
  input.addEventListener("compositionend", soon);
  input.addEventListener("focus", () => { if (!input.value && home()) ask(); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
    if (event.key === "ArrowDown" && list.hidden && !event.isComposing) ask();
  });
  input.closest(".scroll")?.addEventListener("scroll", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("combobox-commit", (event) => {
    const hidden = hiddenOf(input);
    const { id, words } = event.target.dataset;
    close();
    if (!id) return open(input.dataset.new, "_blank", "noopener");
    input.value = words;
    if (hidden) hidden.value = id;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if ("submit" in input.dataset) input.form.requestSubmit();
  });
}

// Lines inside a record: the last one is copied, emptied and numbered on.

const ticked = (f) => f.type === "checkbox" || f.type === "radio";
const empty = (row) => all("[name]", row).every((f) => (ticked(f) ? !f.checked : !f.value));

function trimLines(table) {
  const rows = all("tbody tr", table);
  while (rows.length > 1 && empty(rows.at(-1)) && empty(rows.at(-2))) rows.pop().remove();
}

function addLine(name) {
  const body = one(`[data-lines="${CSS.escape(name)}"] tbody`);
  const last = body.rows[body.rows.length - 1];
  const row = last.cloneNode(true);
  const at = body.rows.length;
  const number = (text) => text.replace(`${name}-${at - 1}-`, `${name}-${at}-`);
  all(".matches, .error", row).forEach((old) => old.remove());
  all(".wrong", row).forEach((cell) => cell.classList.remove("wrong"));
  for (const field of all("[name], [id], [for]", row)) {
    for (const key of ["name", "id", "for"]) {
      if (field.hasAttribute(key)) field.setAttribute(key, number(field.getAttribute(key)));
    }
    for (const key of ["aria-invalid", "aria-describedby", "aria-activedescendant", "data-id"]) field.removeAttribute(key);
    if (field.type === "checkbox") field.checked = false;
    else if ("value" in field) field.value = "";
  }
  body.append(row);
  all("input.lookup", row).forEach(lookup);
  return row;
}

// Drafts: what was typed and not saved survives a reload. Only touched fields are kept,
// so that they never bring back what somebody else has changed meanwhile.

const SENT = "draft-sent";
const kept = (f) => f.name && !f.dataset.personal && !f.classList.contains("lookup") && !["password", "hidden", "file"].includes(f.type);

function regrow(table, draft) {
  const name = table.dataset.lines;
  const numbers = Object.keys(draft).filter((key) => key.startsWith(`${name}-`)).map((key) => parseInt(key.slice(name.length + 1), 10));
  while (Math.max(-1, ...numbers) >= table.tBodies[0].rows.length) addLine(name);
}

function restore(form, draft) {
  let found = false;
  all("[data-lines]", form).forEach((table) => regrow(table, draft));
  for (const f of [...form.elements].filter((f) => kept(f) && f.name in draft)) {
    const before = ticked(f) ? f.checked : f.value;
    if (ticked(f)) f.checked = draft[f.name].includes(f.value);
    else f.value = draft[f.name][0] ?? "";
    if ((ticked(f) ? f.checked : f.value) === before) continue;
    found = true;
    f.closest("details")?.setAttribute("open", "");
  }
  return found;
}

function keepDraft(form) {
  const key = `draft:${form.dataset.keep}`;
  const draft = stored(key) ?? {};
  if (!("answered" in form.dataset) && restore(form, draft)) one(".restored", form).hidden = false;
  form.addEventListener("input", ({ target }) => {
    if (!kept(target)) return;
    const same = [...form.elements].filter((f) => f.name === target.name);
    draft[target.name] = same.filter((f) => !ticked(f) || f.checked).map((f) => f.value);
    stored(key, draft);
  });
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) { event.preventDefault(); return; }
    form.setAttribute("aria-busy", "true");
    stored(SENT, key);
  });
  one("[data-forget]", form)?.addEventListener("click", () => { stored(key, null); location.reload(); });
}

function forgetSaved() {
  const key = stored(SENT);
  if (key && one(".flash.success")) stored(key, null);
  if (key) stored(SENT, null);
}

// Attachments: files dropped or pasted go into the form; sending tells how far it is.

function takeFiles(area, files) {
  if (!files?.length) return false;
  const fold = area.closest("details");
  if (fold) fold.open = true;
  one("input[type=file]", area).files = files;
  one("select", area).focus();
  return true;
}

function sendFiles(form) {
  const [bar, told, button] = ["progress", "[role=status]", "button"].map((what) => one(what, form));
  const request = new XMLHttpRequest();
  const failed = (words) => { told.textContent = words; told.classList.add("error"); bar.hidden = true; button.disabled = false; };
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    told.textContent = `${Math.floor(100 * bar.value)} %`;
  });
  request.addEventListener("error", () => failed(form.dataset.failed));
  request.addEventListener("load", () => {
    const main = one("main", request.response ?? document);
    if (request.status !== 200) { failed(one("h1", main)?.textContent ?? form.dataset.failed); return; }
    one("main").replaceWith(main);
    all(".drop-here").forEach(dropHere);
    one("#attachments").focus();
  });
  told.classList.remove("error");
  bar.hidden = false;
  button.disabled = true;
  request.send(new FormData(form));
}

function dropHere(area) {
  const over = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    area.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") takeFiles(area, event.dataTransfer.files);
  };
  for (const what of ["dragover", "dragleave", "drop"]) area.addEventListener(what, over);
  one(".told", area)?.removeAttribute("hidden");
  if (area.matches("form")) area.addEventListener("submit", (event) => { event.preventDefault(); sendFiles(area); });
}

function view(event) {
  const link = event.target.closest?.("a[data-view]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const [dialog, picture, close] = ["dialog", "img", "button"].map((what) => document.createElement(what));
  dialog.className = "viewer";
  picture.src = link.href;
  picture.alt = one("img", link.closest("li")).alt;
  close.textContent = "✕";
  close.setAttribute("aria-label", link.closest("[data-close]").dataset.close);
  dialog.append(picture, close);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  dialog.showModal();
}

// What belongs to one choice is shown when it is made; what saving would promise beside it.

const chosen = (form, name) => form.elements.namedItem(name)?.value ?? "";
const holds = (form, pair) => chosen(form, pair.split("=")[0]) === pair.split("=")[1];
const met = (form, when) => when.split(" ").some((pairs) => pairs.split("&").every((pair) => holds(form, pair)));

function showChosen(form) {
  for (const piece of all("[data-when]")) {
    const shown = met(form, piece.dataset.when);
    if (shown && piece.matches("details.group")) piece.open = true;
    piece.hidden = !shown;
  }
}

async function showClocks(form) {
  const place = one(".promises", form);
  const url = new URL(form.dataset.clocks, location.href);
  const told = all("select, input:checked, input[type=datetime-local]", form).filter((f) => f.name && f.value);
  for (const f of told) url.searchParams.append(f.name, f.value);
  const asked = form.dataset.asked = url.href;
  const due = chosen(form, "category") ? await fetch(url).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []) : [];
  if (form.dataset.asked !== asked) return;
  place.replaceChildren(...due.slice(0, 3).map(([words, tone]) => {
    const chip = document.createElement("span");
    chip.className = `chip ${tone}`;
    chip.textContent = words;
    return chip;
  }));
}

function watchChoices(form) {
  const show = () => { showChosen(form); showClocks(form); };
  form.addEventListener("change", show);
  show();
}

function put(button) {
  const field = button.form.elements.namedItem(button.dataset.into);
  const words = button.dataset.insert;
  if (words === undefined) field.value = button.dataset.value;
  else field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.closest("details")?.setAttribute("open", "");
  field.focus();
  const gap = /\{\w+\}/.exec(field.value);
  if (gap && words !== undefined) field.setSelectionRange(gap.index, gap.index + gap[0].length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// Keys: / finds, N records, J and K walk a list, Escape closes, Ctrl+Enter saves.

function walk(step) {
  const links = all("table.open tbody td:first-child a");
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(links.length);
}

function escape() {
  const open = all("details.drop[open]").at(-1);
  if (open) { open.open = false; one("summary", open).focus(); }
  else if (location.hash === "#menu") { location.replace("#main"); one(".top .menu")?.focus(); }
}

function keys(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form") ?? one("form.record");
    form?.requestSubmit(one("button.go, button:not([type=button])", one(".bar", form) ?? form));
    return;
  }
  if (event.key === "Escape") { escape(); return; }
  if (event.altKey && event.code.startsWith("Digit")) {
    const button = all(`[data-alt="${event.code.slice(5)}"]`).find((found) => found.checkVisibility());
    if (button) { event.preventDefault(); button.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const radio = event.target.matches?.("input[type=radio]") && /^[0-9]$/.test(event.key);
  if (!radio && event.target.closest?.("input, select, textarea, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") { if (walk(key === "j" ? 1 : -1)) event.preventDefault(); return; }
  const goal = one(`[data-key="${CSS.escape(key)}"]`);
  if (!goal) return;
  event.preventDefault();
  if (goal.matches("input")) goal.focus();
  if (goal.matches("input[type=search]")) goal.select();
  else goal.click();
}

function openRow(event) {
  const row = event.target.closest("table.open tbody tr");
  if (!row || event.button || event.target.closest("a, button, input, label, summary")) return;
  if (String(getSelection())) return;
  const link = one("td:first-child a", row);
  if (event.ctrlKey || event.metaKey) open(link.href);
  else link?.click();
}

// What a telephone keeps of answers at the door does not outlive the visit.

function leave(event) {
  const kept = localStorage.getItem("doors");
  const waiting = kept && Object.keys(JSON.parse(kept).answers).length;
  if (waiting && !confirm(event.target.dataset.leave)) event.preventDefault();
  else localStorage.removeItem("doors");
}

one("form[data-leave]")?.addEventListener("submit", leave);
forgetSaved();
all("input.lookup").forEach(lookup);
all("form[data-keep]").forEach(keepDraft);
all("form[data-choices]").forEach(watchChoices);
all("[data-lines]").forEach(trimLines);
all(".drop-here").forEach(dropHere);
for (const button of all("[data-into]")) {
  button.hidden = false;
  button.addEventListener("click", () => put(button));
}
one("form[data-auto]")?.requestSubmit();
for (const button of all("[data-add]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    one("input:not([type=hidden]), select, textarea", addLine(button.dataset.add))?.focus();
  });
}
document.addEventListener("keydown", keys);
document.addEventListener("click", openRow);
document.addEventListener("click", view);
document.addEventListener("paste", (event) => {
  const area = one(".drop-here");
  if (area && takeFiles(area, event.clipboardData?.files)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  for (const open of all("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".reveal, .voiding")) one("input:not([type=hidden])", target)?.focus();
}, true);
addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));
const here = one(".side .on");
if (here) one(".side").scrollTop = here.offsetTop - innerHeight / 2;  // scrollIntoView would move the page too
const wrong = one("form.record [aria-invalid]");
wrong?.closest("details")?.setAttribute("open", "");
if (wrong) wrong.focus();
else if (matchMedia("(pointer: fine)").matches) {
  all("form.record[data-new] :is(input[type=text], textarea)").find((f) => !f.value && f.checkVisibility())?.focus();
}
