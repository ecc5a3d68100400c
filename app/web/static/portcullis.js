// What the pages do beyond htmx: open a source beside the answer, fill in a demo account,
// grow the question box, take away an answer that may not be shown any more. Everything works
// without it, on pages of its own.
"use strict";

document.addEventListener("click", (event) => {
  const person = event.target.closest("[data-email]");
  if (person) {
    const form = document.getElementById("sign-in");
    form.elements.email.value = person.dataset.email;
    form.elements.password.value = person.dataset.password;
    form.requestSubmit();
    return;
  }
  const suggestion = event.target.closest("[data-question]");
  if (suggestion) {
    const box = document.getElementById("question");
    box.value = suggestion.dataset.question;
    box.form.requestSubmit();
    return;
  }
  const cite = event.target.closest("[data-cite]");
  if (cite) {
    const answer = cite.closest(".answer");
    const link = answer && answer.querySelector(`[data-source="${cite.dataset.cite}"]`);
    if (link) openSource(link);
    return;
  }
  const link = event.target.closest("a[data-source]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openSource(link);
    return;
  }
  if (event.target.closest("[data-close]")) closeSource();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeSource();
  if (event.key === "Enter" && !event.shiftKey && event.target.id === "question" && !event.isComposing) {
    event.preventDefault();
    if (event.target.value.trim()) event.target.form.requestSubmit();
  }
});

let opener = null;

async function openSource(link) {
  const viewer = document.getElementById("viewer");
  const response = await fetch(link.href, { headers: { "HX-Request": "true" } });
  viewer.innerHTML = await response.text();
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet close";
  close.dataset.close = "";
  close.textContent = "Close";
  viewer.prepend(close);
  viewer.hidden = false;
  document.body.classList.add("reading");
  opener = link;
  close.focus();
  const mark = viewer.querySelector("mark, #cited");
  if (mark) mark.scrollIntoView({ block: "center" });
}

function closeSource() {
  const viewer = document.getElementById("viewer");
  if (!viewer || viewer.hidden) return;
  viewer.hidden = true;
  viewer.replaceChildren();
  document.body.classList.remove("reading");
  if (opener) opener.focus();
}

// The answers on the page are watched by one stream; it begins anew when there are others.
let told = null;
let watched = "";

function watchAnswers() {
  const answers = [...document.querySelectorAll("[data-answer]")].map((a) => a.dataset.answer);
  const wanted = new URLSearchParams(answers.map((answer) => ["answer", answer])).toString();
  if (wanted === watched) return;
  watched = wanted;
  if (told) told.close();
  if (!wanted) return;
  told = new EventSource(`/chat/answers/withdrawn?${wanted}`);
  told.addEventListener("withdrawn", (event) => {
    const { answer, html } = JSON.parse(event.data);
    const sources = document.querySelector(`[data-answer="${answer}"]`);
    if (sources) sources.closest(".answer").innerHTML = html;
    closeSource();
  });
}

// The next question belongs to the conversation that the first answer opened.
function goOn() {
  const id = document.querySelector("[data-conversation]")?.dataset.conversation;
  const stated = document.querySelector("form.ask").elements.conversation_id;
  if (!id || stated.value === id) return;
  stated.value = id;
  history.replaceState(null, "", `/chat/${id}`);
  const link = document.createElement("a");
  link.href = `/chat/${id}`;
  link.setAttribute("aria-current", "page");
  link.textContent = document.querySelector(".question").textContent;
  const item = document.createElement("li");
  item.append(link);
  document.querySelector(".past ol").prepend(item);
}

const question = document.getElementById("question");
if (question) {
  const grow = () => {
    question.style.height = "auto";
    question.style.height = `${Math.min(question.scrollHeight, 200)}px`;
  };
  question.addEventListener("input", grow);
  document.addEventListener("htmx:after:swap", () => {
    const welcome = document.getElementById("welcome");
    if (welcome && document.querySelector(".exchange")) welcome.remove();
  });
  const exchanges = document.getElementById("exchanges");
  new MutationObserver(() => {
    for (const exchange of exchanges.querySelectorAll(".exchange")) {
      if (exchange.querySelector("[data-answer], .problem, .note, .small")) exchange.querySelector(".stop")?.remove();
    }
    goOn();
    window.scrollTo({ top: document.body.scrollHeight, behavior: "smooth" });
    watchAnswers();
  }).observe(exchanges, { childList: true, subtree: true });
  watchAnswers();
  question.form.addEventListener("submit", () => setTimeout(() => { question.value = ""; grow(); }, 0));
}

const reload = document.querySelector("[data-reload]");
if (reload) setTimeout(() => location.reload(), 1000 * Number(reload.dataset.reload));
