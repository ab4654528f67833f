/** The chat page: one socket, and a list that shows what it says. */
import { io } from "/socket.io/socket.io.esm.min.js";

const $ = (id) => document.getElementById(id);
const storage = sessionStorage;
const welcome = $("welcome");
const messages = $("messages");
const shown = new Map();
let typingTimer;
let me = storage.getItem("name");
let room = storage.getItem("room");

// Asked again at each connection, so that another name or room needs no new socket.
const socket = io({ autoConnect: false, auth: (answer) => answer({ name: me, room }) });

socket.on("connect", () => {
  const { engine } = socket.io;
  status(`Connected by ${engine.transport.name}`, true);
  engine.once("upgrade", (transport) => status(`Connected by ${transport.name}`, true));
});
socket.on("welcome", (people, history) => {
  showPeople(people);
  for (const message of history) show(message);
});
socket.on("connect_error", (error) => {
  status(error.message);
  // A refusal by the server is final; a lost network is tried again by itself.
  if (!socket.active) enter();
});
socket.on("disconnect", (reason) => status(`Disconnected (${reason})`));
socket.io.on("reconnect_attempt", (attempt) => status(`Connecting again, attempt ${attempt}`));
socket.on("message", (message, acknowledge) => {
  $("typing").replaceChildren();
  show(message);
  acknowledge();
});
socket.on("delivered", (id, count, of) => {
  const ticks = shown.get(id)?.querySelector(".ticks");
  if (!ticks) return;
  ticks.textContent = count === of ? "✓✓" : "✓";
  ticks.title = `Shown to ${count} of ${of}`;
});
socket.on("people", showPeople);
socket.on("typing", (name) => {
  $("typing").textContent = `${name} is typing…`;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => $("typing").replaceChildren(), 2000);
});

welcome.addEventListener("submit", (event) => {
  event.preventDefault();
  const entry = new FormData(welcome);
  me = entry.get("name").trim();
  room = entry.get("room").trim();
  storage.setItem("name", me);
  storage.setItem("room", room);
  open();
});
$("leave").addEventListener("click", () => {
  socket.disconnect();
  enter();
});
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  if (text) send({ text });
});
$("text").addEventListener("input", () => socket.volatile.emit("typing"));
$("image").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) send({ image: { type: file.type, bytes: new Uint8Array(await file.arrayBuffer()) } });
});

/** Shows the message at once, and ticks it off when the server, then the others, have it. */
async function send(draft) {
  const item = show({ ...draft, id: crypto.randomUUID(), from: me, at: Date.now() });
  const ticks = item.querySelector(".ticks");
  ticks.textContent = "…";
  const { id, error } = await socket
    .timeout(60_000)
    .emitWithAck("message", draft)
    .catch(() => ({ error: "not sent" }));
  ticks.textContent = error ? `✗ ${error}` : "✓";
  ticks.title = error ?? "The server has it";
  if (id) shown.set(id, item);
}

function show({ id, from, at, text, image }) {
  if (shown.has(id)) return shown.get(id);
  const item = element("li", { className: from === me ? "mine" : "" });
  if (from !== me) item.append(element("b", { textContent: from }));
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const meta = element("small", { textContent: `${time} ` });
  meta.append(element("span", { className: "ticks" }));
  item.append(text ?? picture(image), meta);
  shown.set(id, item);
  messages.append(item);
  messages.scrollTop = messages.scrollHeight;
  return item;
}

function picture({ type, bytes }) {
  const src = URL.createObjectURL(new Blob([bytes], { type }));
  return element("img", { src, alt: "Shared image", onload: () => URL.revokeObjectURL(src) });
}

const element = (name, properties) => Object.assign(document.createElement(name), properties);

function showPeople(names) {
  $("people").replaceChildren(...names.map((name) => element("li", { textContent: name })));
}

function status(text, online = false) {
  $("status").textContent = text;
  $("status").classList.toggle("online", online);
}

function enter() {
  welcome.hidden = false;
  $("chat").hidden = true;
  welcome.elements.name.value = me ?? "";
  welcome.elements.room.value = room ?? "lobby";
}

function open() {
  welcome.hidden = true;
  $("chat").hidden = false;
  $("room").textContent = room;
  messages.replaceChildren();
  shown.clear();
  status("Connecting");
  socket.connect();
  $("text").focus();
}

if (me && room) open();
else enter();
