/** Fills the regions of the page, then listens. */

import { make } from "../report/words.js";
import * as api from "./api.js";
import { notices } from "./notices.js";
import { shell } from "./shell.js";
import { connect, store } from "./store.js";
import { theme } from "./theme.js";
import { explain } from "./words.js";

const REGIONS = ["learn", "network", "try", "test", "files"];
const context = { api, store, explain };

/** One region that fails to appear leaves the others alone. */
async function fill(name) {
  const root = document.getElementById(name);
  try {
    const region = await import(`./${name}.js`);
    region.mount(root, context);
  } catch (error) {
    console.error(error);
    const sorry = `This part of the page did not load (${error.message}). Reload the page to try again.`;
    root.append(make("p", { class: "fault", role: "alert" }, sorry));
  }
}

theme(document.getElementById("theme"));
shell(context);
notices(document.getElementById("notices"), context);
await Promise.all(REGIONS.map(fill));
connect();
document.documentElement.setAttribute("data-ready", "");
