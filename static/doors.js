// Answers at the door: kept on this telephone until the office has acknowledged them.
const KEY = "doors";
const page = document.querySelector("[data-doors]");
const whose = page.dataset.doors;
const unsent = document.querySelector("#unsent");
const token = document.querySelector("meta[name=csrf-token]").content;
let sending = false;

function kept() {
  const all = JSON.parse(localStorage.getItem(KEY) ?? "{}");
  return all.whose === whose ? all : { whose, answers: {}, typed: {} };
}

function keep(change) {
  const all = kept();
  change(all);
  localStorage.setItem(KEY, JSON.stringify(all));
  const n = Object.keys(all.answers).length;
  unsent.hidden = !n;
  unsent.textContent = unsent.dataset.one + n;
}

const placeOf = (form) => `${form.elements.slug.value}:${form.elements.id.value}`;
const formOf = (place) => [...page.querySelectorAll("form")].find((form) => placeOf(form) === place);

function tell(form, words, done) {
  if (!form) return;
  form.querySelector(".told").textContent = words;
  form.classList.toggle("sent", done);
  form.querySelectorAll("button, input, select, textarea").forEach((field) => { field.disabled = done; });
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (const [place, fields] of Object.entries(kept().answers)) {
      const body = new URLSearchParams({ ...fields, csrf_token: token });
      const answer = await fetch(page.querySelector("form")?.action ?? location.href, { method: "POST", body, redirect: "error", headers: { Accept: "application/json" } });
      if (answer.status >= 500) throw new Error("later");
      const told = answer.headers.get("Content-Type")?.includes("json");
      const words = told ? (await answer.json()).words : page.dataset.refused;
      keep((all) => { delete all.answers[place]; if (answer.ok) delete all.typed[place]; });
      tell(formOf(place), words, answer.ok);
    }
  } catch { /* no connection, or signed out: it is tried again */ }
  sending = false;
}

page.addEventListener("input", ({ target }) => {
  const place = placeOf(target.form);
  keep((all) => { (all.typed[place] ??= {})[target.name] = target.type === "checkbox" ? target.checked : target.value; });
});

page.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form, event.submitter));
  delete fields.csrf_token;
  keep((all) => { all.answers[placeOf(form)] = fields; });
  tell(form, form.dataset.failed, true);
  send();
});

for (const [place, fields] of Object.entries(kept().typed)) {
  for (const [name, value] of Object.entries(fields)) {
    const field = formOf(place)?.elements[name];
    if (field?.type === "checkbox") field.checked = value;
    else if (field) field.value = value;
  }
}
for (const place of Object.keys(kept().answers)) { const form = formOf(place); if (form) tell(form, form.dataset.failed, true); }
keep(() => {});
addEventListener("online", send);
setInterval(send, 20000);
send();
