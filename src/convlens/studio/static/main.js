/** Fills the regions of the page, then listens. */

import * as api from "./api.js";
import { connect, store } from "./store.js";
import { explain } from "./words.js";
import { theme } from "./theme.js";
import * as learn from "./learn.js";
import * as network from "./network.js";
import * as trying from "./try.js";
import * as test from "./test.js";
import * as files from "./files.js";

const context = { api, store, explain };

theme(document.getElementById("theme"));
learn.mount(document.getElementById("learn"), context);
network.mount(document.getElementById("network"), context);
trying.mount(document.getElementById("try"), context);
test.mount(document.getElementById("test"), context);
files.mount(document.getElementById("files"), context);
connect();
