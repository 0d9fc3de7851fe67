/** The camera: seen live by the network until a picture is taken, and off at all other times. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";

const LONGEST = 480; // more is of no use to a network of a few hundred pixels
const QUALITY = 0.9;

const REFUSED = {
  NotAllowedError: ["the browser did not allow the camera", "allow it for this page beside the address, then try again"],
  NotFoundError: ["there is no camera", "upload a picture instead"],
  NotReadableError: ["the camera cannot be used", "another program may be using it"],
  OverconstrainedError: ["the camera cannot be used", "upload a picture instead"],
};

/** Whether this browser may ever give a camera: only pages from this computer or over https may. */
export const mayHaveCamera = () => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);

async function hasCamera() {
  if (!mayHaveCamera()) return false;
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((device) => device.kind === "videoinput");
  } catch {
    return false;
  }
}

/**
 * `{button, element, frame(), on, close()}`: a button that opens the camera, hidden where there is
 * none, and what it opens. `moved()` is called for each new frame, `taken(blob)` when a picture is
 * taken, `left()` when the camera is turned off without; `frame()` gives the frame of the moment as a JPEG.
 */
export function camera({ moved, taken, left }) {
  const button = make("button", { type: "button", class: "plain", hidden: true, "aria-expanded": "false" }, "Camera");
  const video = make("video", { muted: true, playsInline: true, "aria-label": "What the camera sees" });
  const take = make("button", { type: "button", class: "primary" }, "Take the picture");
  const leave = make("button", { type: "button", class: "plain" }, "Turn the camera off");
  const trouble = faultLine();
  const opened = make(
    "div",
    { class: "camera", hidden: true },
    make("p", { class: "small" }, "Your browser asks whether this page may use the camera. What it sees goes to this " +
      "studio alone, a small picture at a time while it is on, and is forgotten there."), // prettier-ignore
    video,
    make("div", { class: "row" }, take, leave),
  );
  const element = make("div", { class: "camera-place" }, trouble.element, opened);
  let stream = null;
  let ticking = 0;

  const look = async () => (button.hidden = !(await hasCamera()));
  look();
  navigator.mediaDevices?.addEventListener?.("devicechange", look);

  async function open() {
    opened.hidden = false;
    button.setAttribute("aria-expanded", "true");
    trouble.clear();
    take.disabled = true;
    try {
      const wanted = { video: { facingMode: "environment", width: { ideal: 640 } }, audio: false };
      const given = await navigator.mediaDevices.getUserMedia(wanted);
      if (opened.hidden || stream) return end(given); // closed, or opened twice, while the browser asked
      stream = given;
      video.srcObject = stream;
      stream.getVideoTracks()[0].addEventListener("ended", close);
      await video.play();
      take.disabled = false;
      ticking = setInterval(moved, 100);
    } catch (error) {
      if (opened.hidden) return; // closed while the browser asked
      const [message, hint] = REFUSED[error.name] ?? [error.message || "the camera cannot be used", ""];
      close();
      trouble.show({ message, hint });
    }
  }

  function close() {
    clearInterval(ticking);
    end(stream);
    stream = null;
    video.srcObject = null;
    opened.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }

  /** The frame of the moment, made small. */
  function frame() {
    const { videoWidth: width, videoHeight: height } = video;
    const shrink = Math.min(1, LONGEST / Math.max(width, height, 1));
    const canvas = make("canvas", { width: Math.max(1, width * shrink), height: Math.max(1, height * shrink) });
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((ready) => canvas.toBlob(ready, "image/jpeg", QUALITY));
  }

  button.addEventListener("click", () => (opened.hidden ? open() : close()));
  leave.addEventListener("click", () => {
    close();
    left();
    button.focus();
  });
  take.addEventListener("click", async () => {
    const blob = await frame();
    close();
    taken(blob);
    button.focus();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave.click();
  });
  addEventListener("pagehide", close);

  return {
    button,
    element,
    frame,
    close,
    get on() {
      return stream !== null;
    },
  };
}

function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
