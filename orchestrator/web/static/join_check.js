// The connection check. Pictures and sound stay here; what goes to the server is what was found, in a few words and
// numbers, and nothing of the device.
"use strict";

const check = document.getElementById("check");
const begin = document.getElementById("begin");
const step = document.getElementById("step");
const found = document.getElementById("found");
const picture = document.getElementById("picture");
const level = document.getElementById("level");

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const say = (name) => { step.textContent = step.dataset[name]; };

const isAble = () => window.isSecureContext && typeof RTCPeerConnection === "function"
  && typeof navigator.mediaDevices?.getUserMedia === "function";

async function device(kind) {
  try {
    return await navigator.mediaDevices.getUserMedia({ [kind]: true });
  } catch (error) {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
    return error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "missing" : "busy";
  }
}

// A camera is seen when its picture is neither all of one shade nor black.
async function seen(stream) {
  picture.srcObject = stream;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 18];
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  for (let tries = 0; tries < 40; tries += 1) {
    await pause(100);
    if (picture.readyState < 2) continue;
    drawing.drawImage(picture, 0, 0, 32, 18);
    const points = drawing.getImageData(0, 0, 32, 18).data;
    const shades = [];
    for (let at = 0; at < points.length; at += 4) shades.push((points[at] + points[at + 1] + points[at + 2]) / 3);
    if (Math.max(...shades) - Math.min(...shades) > 12) return "well";
  }
  return "nothing";
}

// A microphone is heard when it rises above what an open line hums.
async function heard(stream) {
  const context = new AudioContext();
  await context.resume();
  const ear = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  try {
    for (let tries = 0; tries < 80; tries += 1) {
      await pause(100);
      ear.getFloatTimeDomainData(wave);
      const loud = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
      level.value = Math.min(1, loud * 4);
      if (loud > 0.01) return "well";
    }
    return "nothing";
  } finally {
    await context.close();
  }
}

async function devices() {
  say("devices");
  const [camera, microphone] = [await device("video"), await device("audio")];
  const result = { camera, microphone };
  document.getElementById("mirror").hidden = false;
  if (typeof camera !== "string") result.camera = await seen(camera);
  say("speak");
  if (typeof microphone !== "string") result.microphone = await heard(microphone);
  for (const stream of [camera, microphone]) if (typeof stream !== "string") stream.getTracks().forEach((track) => track.stop());
  picture.srcObject = null;
  document.getElementById("mirror").hidden = true;
  return result;
}

function opens(address, protocols) {
  return new Promise((resolve) => {
    let socket;
    const end = (state) => { clearTimeout(patience); resolve([state, socket]); };
    const patience = setTimeout(() => end("blocked"), 8000);
    try {
      socket = new WebSocket(address, protocols);
    } catch {
      end("blocked");
      return;
    }
    socket.addEventListener("open", () => end("well"));
    socket.addEventListener("error", () => end("blocked"));
  });
}

// Whether a way for pictures and sound is found: an address by STUN, or a relay by TURN.
function mediaPath(servers) {
  if (!servers.length) return Promise.resolve("unasked");
  return new Promise((resolve) => {
    const peer = new RTCPeerConnection({ iceServers: servers });
    const end = (state) => { clearTimeout(patience); peer.close(); resolve(state); };
    const patience = setTimeout(() => end("blocked"), 10000);
    peer.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate === null) end("blocked");
      else if (candidate.type === "srflx" || candidate.type === "relay") end("well");
    });
    peer.createDataChannel("check");
    peer.createOffer().then((offer) => peer.setLocalDescription(offer)).catch(() => end("blocked"));
  });
}

// Fifty small messages there and back. Over TCP a packet that is lost comes late: what takes over a second counts as lost.
async function line(socket) {
  const sent = new Map();
  const times = [];
  socket.addEventListener("message", ({ data }) => times.push(performance.now() - sent.get(data)));
  for (let number = 0; number < 50; number += 1) {
    sent.set(String(number), performance.now());
    if (socket.readyState !== WebSocket.OPEN) break;
    socket.send(String(number));
    await pause(40);
  }
  for (let tries = 0; tries < 20 && times.length < sent.size; tries += 1) await pause(100);
  socket.close();
  if (!times.length) return {};
  const steps = times.slice(1).map((time, at) => Math.abs(time - times[at]));
  const late = times.filter((time) => time > 1000).length;
  return {
    delay_ms: median(times),
    jitter_ms: steps.length ? steps.reduce((sum, value) => sum + value, 0) / steps.length : 0,
    lost_percent: (100 * (sent.size - times.length + late)) / sent.size,
  };
}

async function speed() {
  const rate = (bytes, began) => (bytes * 8) / Math.max(1, performance.now() - began);
  try {
    const down = performance.now();
    const answer = await fetch("/join/check/load", { cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (!answer.ok) return {};
    const bytes = (await answer.arrayBuffer()).byteLength;
    const down_kbps = rate(bytes, down);
    const size = Math.round(Math.min(2 ** 21, Math.max(2 ** 17, down_kbps * 128)));
    const up = performance.now();
    const taken = await fetch("/join/check/load", { method: "POST", body: new Uint8Array(size), signal: AbortSignal.timeout(15000) });
    return taken.ok ? { down_kbps, up_kbps: rate(size, up) } : {};
  } catch {
    return { down_kbps: 0, up_kbps: 0 };
  }
}

async function run() {
  found.textContent = "";
  begin.hidden = true;
  try {
    const able = isAble();
    const { camera, microphone } = able ? await devices() : { camera: "missing", microphone: "missing" };
    say("ways");
    const ours = new URL("/join/check/echo", location.href);
    ours.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const [server, socket] = await opens(ours.href);
    const [meeting, room] = await opens(check.dataset.meeting, ["xmpp"]);
    if (meeting === "well") room.close();
    const media = able ? await mediaPath(JSON.parse(check.dataset.servers)) : "unasked";
    say("line");
    const quality = server === "well" ? await line(socket) : {};
    say("speed");
    const measured = { is_able: able, camera, microphone, server, meeting, media, ...quality, ...(await speed()) };
    const answer = await fetch("/join/check", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/html" },
      body: JSON.stringify(measured),
    });
    if (!answer.ok) throw new Error();
    step.textContent = "";
    found.innerHTML = await answer.text();
  } catch {
    say("failed");
  } finally {
    begin.hidden = false;
  }
}

begin.addEventListener("click", run);
