import { mount } from "svelte";
import App from "./App.svelte";
import { hooks } from "./api/client";
import { load } from "./lib/i18n";
import { listen, router } from "./lib/router.svelte";
import { session, storedTheme } from "./lib/session.svelte";
import { prove } from "./lib/step-up.svelte";
import "./ui/base.css";

document.documentElement.dataset["theme"] = storedTheme();
document.documentElement.lang = "en";
hooks.signedOut = () => {
  if (router.path === "/sign-in" || router.path === "/setup") return;
  session.me = null;
  router.go(`/sign-in?then=${encodeURIComponent(router.href)}`, true);
};
hooks.stepUp = prove;
listen();
const isOutside = router.path === "/sign-in" || router.path === "/setup";
await Promise.all([load(), isOutside ? undefined : session.load().catch(() => undefined)]);
mount(App, { target: document.getElementById("app")! });
