import "./tokens.css";
import "./base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { auth } from "./auth/auth.svelte";
import { takeReturn } from "./auth/come-back";
import { rights } from "./billing/rights.svelte";
import { navigation } from "./lib/navigation.svelte";
import { theme } from "./lib/theme.svelte";
import { loadPlayer } from "./player/engine";
import { player } from "./player/player.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");

const comeBack = takeReturn(location.search);

theme.start();
rights.start();
auth.start();
navigation.start();
if (comeBack) navigation.go(comeBack, { replace: true });
player.followPage();
mount(App, { target });

// The player's code is there before the first tap, and after the first picture.
const whenIdle = window.requestIdleCallback ?? ((call: () => void) => setTimeout(call, 200));
whenIdle(() => void loadPlayer("audio").catch(() => undefined));
